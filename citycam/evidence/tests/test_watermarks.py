import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.watermarks import ROW, Marks
from citycam.wire import watermark
from citycam.wire.watermark import Watermark

marks = st.builds(
    Watermark, st.integers(1, 999_999), st.integers(0, 2**35 - 1), st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1), st.integers(0, 2**32 - 1),
)  # fmt: skip


def rows(units: list[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    joined = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    return np.frombuffer(joined, np.uint8).reshape(-1, ROW)


@given(st.lists(marks, min_size=1, max_size=20))
def test_bulk_decoding_says_what_single_decoding_says(expected: list[Watermark]) -> None:
    found = Marks(rows([watermark.nal(mark) for mark in expected]))
    assert found.whole.all()
    columns = zip(found.camera, found.frame, found.scheduled_ns, found.sent_ns, found.media, strict=True)
    assert [Watermark(*map(int, column)) for column in columns] == expected


@given(marks, st.integers(0, watermark.SIZE - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_by_both(mark: Watermark, at: int, change: int) -> None:
    unit = bytearray(watermark.nal(mark))
    unit[at] ^= change
    single = watermark.read(bytes(unit))
    assert single is None or at == watermark.SIZE - 1 or single == mark
    assert not Marks(rows([bytes(unit)])).whole.any()


def test_zeros_name_nobody() -> None:
    found = Marks(np.zeros((3, ROW), np.uint8))
    assert not (found.camera_ok & found.frame_ok).any()
    assert not found.whole.any()
