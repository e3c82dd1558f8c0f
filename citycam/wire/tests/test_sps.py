from __future__ import annotations

from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import h264, h265
from citycam.wire.sps import Picture, SpsSyntaxError, parse_h264, parse_h265, picture

D1 = bytes.fromhex("674d401eeca05809360220000003002000000641e2c5b2c0")
"""What x264 writes for 704x576 at 25 frames a second."""


def units(stream: bytes) -> list[bytes]:
    """NAL units of an Annex B stream, short and long start codes."""
    found = stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")
    return [unit for unit in found if unit]


def encoded(encoder: str, size: str, rate: str, pixels: str, options: dict[str, str]) -> list[bytes]:
    """The units of one picture as a real encoder writes them."""
    context = av.CodecContext.create(encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = map(int, size.split("x"))
    context.pix_fmt = pixels
    context.framerate = Fraction(rate)
    context.time_base = 1 / Fraction(rate)
    context.options = options
    frame = av.VideoFrame(context.width, context.height, pixels)
    frame.pts = 0
    return [unit for packet in (*context.encode(frame), *context.encode(None)) for unit in units(bytes(packet))]


@pytest.mark.parametrize(
    ("encoder", "size", "rate", "pixels", "options"),
    [
        ("libx264", "704x576", "25", "yuv420p", {"profile": "baseline"}),
        ("libx264", "1920x1080", "30000/1001", "yuv420p", {"profile": "high"}),
        ("libx264", "354x290", "10", "yuv422p", {"profile": "high422"}),
        ("libx264", "352x288", "15", "yuv444p", {"profile": "high444"}),
        ("libx264", "720x576", "25", "yuv420p", {"flags": "+ilme+ildct"}),
        ("libx265", "1920x1080", "15", "yuv420p", {"x265-params": "log-level=none"}),
        ("libx265", "354x290", "15", "yuv420p", {"x265-params": "log-level=none"}),
    ],
)
def test_what_an_encoder_wrote_is_read(
    encoder: str, size: str, rate: str, pixels: str, options: dict[str, str]
) -> None:
    codec = "h264" if encoder == "libx264" else "h265"
    found = picture(codec, encoded(encoder, size, rate, pixels, options))
    width, height = map(int, size.split("x"))
    assert found is not None
    assert found[:2] == (width, height)
    if codec == "h264":
        assert found.fps == pytest.approx(float(Fraction(rate)))


def test_cropping_and_rate_are_told() -> None:
    assert parse_h264(D1) == Picture(704, 576, 25.0)


def test_no_set_no_picture() -> None:
    assert picture("h264", ()) is None
    assert picture("mjpeg", (D1,)) is None
    assert picture("h264", (b"\x68\xce\x3c\x80",)) is None


def test_a_broken_set_is_passed_over_for_a_whole_one() -> None:
    assert picture("h264", (D1[:6], D1)) == parse_h264(D1)


@pytest.mark.parametrize("data", [b"", b"\x67", D1[:6], b"\x68" + D1[1:], b"\x67\x42\xc0\x1e" + b"\0" * 40])
def test_what_is_no_set_is_refused(data: bytes) -> None:
    with pytest.raises(SpsSyntaxError):
        parse_h264(data)
    with pytest.raises(SpsSyntaxError):
        parse_h265(data)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_picture_or_an_error(data: bytes) -> None:
    for head, parse in ((bytes((h264.SPS,)), parse_h264), (bytes((h265.SPS << 1, 1)), parse_h265)):
        try:
            found = parse(head + data)
        except SpsSyntaxError:
            continue
        assert isinstance(found, Picture)
        assert found.width > 0
        assert found.height > 0
