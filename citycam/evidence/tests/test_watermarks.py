import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.coding import BODY, H264
from citycam.evidence.watermarks import Marks
from citycam.wire import watermark
from citycam.wire.watermark import Watermark

marks = st.builds(
    Watermark, st.integers(1, 999_999), st.integers(0, 2**35 - 1), st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1),
)  # fmt: skip


def decoded(units: list[bytes]) -> Marks:
    joined = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    rows = np.frombuffer(joined, np.uint8).reshape(-1, H264.row)
    return Marks(rows[:, -BODY:], (rows[:, :-BODY] == H264.lead).all(axis=1))


@given(st.lists(marks, min_size=1, max_size=20))
def test_bulk_decoding_says_what_single_decoding_says(expected: list[Watermark]) -> None:
    found = decoded([watermark.nal(mark) for mark in expected])
    assert found.whole.all()
    columns = zip(found.camera, found.frame, found.scheduled_ns, found.sent_ns, found.media, strict=True)
    assert [Watermark(*map(int, column)) for column in columns] == expected


@given(marks, st.integers(0, watermark.SIZE - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_by_both(mark: Watermark, at: int, change: int) -> None:
    unit = bytearray(watermark.nal(mark))
    unit[at] ^= change
    single = watermark.read(bytes(unit))
    assert single is None or at == watermark.SIZE - 1 or single == mark
    assert not decoded([bytes(unit)]).whole.any()


def test_zeros_name_nobody() -> None:
    found = Marks(np.zeros((3, BODY), np.uint8), np.zeros(3, np.bool_))
    assert not (found.camera_ok & found.frame_ok).any()
    assert not found.whole.any()
