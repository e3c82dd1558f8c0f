from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import watermark
from citycam.wire.watermark import Watermark

marks = st.builds(
    Watermark,
    camera=st.integers(0, 2**35 - 1),
    frame=st.integers(0, 2**35 - 1),
    scheduled_ns=st.integers(0, 2**63 - 1),
    sent_ns=st.integers(0, 2**63 - 1),
    media=st.integers(0, 2**32 - 1),
)


@given(marks)
def test_writing_and_reading_are_inverse(mark: Watermark) -> None:
    assert watermark.read(watermark.nal(mark)) == mark


@given(marks)
def test_no_byte_is_zero_so_no_start_code_can_form(mark: Watermark) -> None:
    unit = watermark.nal(mark)
    assert len(unit) == watermark.SIZE
    assert 0 not in unit


@given(marks, st.data())
def test_a_changed_byte_is_never_read_as_another_camera_or_frame(mark: Watermark, data: st.DataObject) -> None:
    unit = bytearray(watermark.nal(mark))
    at = data.draw(st.integers(0, len(unit) - 2))
    unit[at] ^= data.draw(st.integers(1, 127))
    assert watermark.read(bytes(unit)) is None


@given(st.binary(max_size=200))
def test_other_units_are_no_watermarks(unit: bytes) -> None:
    assert watermark.read(unit) is None


@given(st.lists(st.binary(max_size=50), max_size=4), st.data())
def test_the_media_check_covers_every_unit_and_its_length(units: list[bytes], data: st.DataObject) -> None:
    check = watermark.media_check(units)
    assert check == watermark.media_check(list(units))
    assert check != watermark.media_check([*units, b"\x41"])


@pytest.mark.parametrize("number", [-1, 128])
def test_numbers_that_do_not_fit_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        watermark.encode(number, 1)


@given(marks)
def test_h265_carries_the_same_bytes_after_another_header(mark: Watermark) -> None:
    unit = watermark.nal(mark, "h265")
    assert watermark.read(unit) == mark
    assert unit[:4] == b"\x4e\x01\x05\x37"
    assert unit[2:] == watermark.nal(mark)[1:]
    assert (len(unit), unit.startswith(watermark.prefix("h265"))) == (watermark.size("h265"), True)


def test_jpeg_has_no_watermark() -> None:
    assert (watermark.prefix("mjpeg"), watermark.size("mjpeg")) == (b"", 0)
    assert (watermark.prefix("h264"), watermark.size("h264")) == (watermark.PREFIX, watermark.SIZE)
