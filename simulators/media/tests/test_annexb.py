"""H.264 byte streams are taken apart without losing a byte, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.media.annexb import Picture, join, split, take_apart

SPS, PPS, IDR, SLICE = b"\x67\x42", b"\x68\xce", b"\x65\x88\x10", b"\x41\x9a\x20"
CONTINUED = b"\x41\x1a\x20"
SEI, DELIMITER = b"\x06\x05\x01\x80", b"\x09\x10"

# Within a NAL unit there is no 00 00 0x: emulation prevention sees to that (7.4.1).
units = st.binary(min_size=1, max_size=50).map(lambda data: data.replace(b"\x00", b"\x01"))


@given(st.lists(units, max_size=10))
def test_join_and_split_are_inverse(parts: list[bytes]) -> None:
    assert split(join(parts)) == parts


def test_short_start_codes_and_trailing_zeros_are_no_content() -> None:
    assert split(b"\x00\x00\x01\x65\x88\x00\x00\x00\x01\x41\x9a\x00\x00") == [b"\x65\x88", b"\x41\x9a"]


@given(st.binary(max_size=200))
def test_any_bytes_are_split_or_give_nothing(data: bytes) -> None:
    assert all(split(data))


def test_pictures_are_found_by_their_first_slice() -> None:
    stream = take_apart(join([SPS, PPS, SEI, IDR, DELIMITER, SLICE, CONTINUED, SLICE]))
    assert stream.sets == (SPS, PPS)
    assert stream.pictures == (Picture((IDR,), True), Picture((SLICE, CONTINUED), False), Picture((SLICE,), False))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ([], "0 different SPS"),
        ([SPS, IDR], "0 different PPS"),
        ([SPS, SPS + b"\x01", PPS, IDR], "2 different SPS"),
        ([SPS, PPS], "key frame"),
        ([SPS, PPS, SLICE, IDR], "key frame"),
        ([SPS, PPS, b"\x65"], "without content"),
    ],
)
def test_a_stream_that_cannot_be_looped_is_refused(parts: list[bytes], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        take_apart(join(parts))
