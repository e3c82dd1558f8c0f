from __future__ import annotations

import subprocess
from pathlib import Path

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


def encoded(folder: Path, encoder: str, size: str, rate: str, *options: str) -> list[bytes]:
    """The units of one picture as a real encoder writes them."""
    out = folder / "picture.bin"
    form = {"libx264": "h264", "libx265": "hevc"}[encoder]
    source = f"color=size={size}:rate={rate}:duration=0.2"
    quiet = ["-x265-params", "log-level=none"] if encoder == "libx265" else []
    subprocess.run(
        [
            *("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source),
            *("-c:v", encoder, *quiet, *options, "-f", form, str(out)),
        ],
        check=True,
    )
    return units(out.read_bytes())


@pytest.mark.parametrize(
    ("encoder", "size", "rate", "options"),
    [
        ("libx264", "704x576", "25", ("-profile:v", "baseline", "-pix_fmt", "yuv420p")),
        ("libx264", "1920x1080", "30000/1001", ("-profile:v", "high", "-pix_fmt", "yuv420p")),
        ("libx264", "354x290", "10", ("-profile:v", "high422", "-pix_fmt", "yuv422p")),
        ("libx264", "352x288", "15", ("-profile:v", "high444", "-pix_fmt", "yuv444p")),
        ("libx264", "720x576", "25", ("-flags", "+ilme+ildct", "-pix_fmt", "yuv420p")),
        ("libx265", "1920x1080", "15", ("-pix_fmt", "yuv420p")),
        ("libx265", "354x290", "15", ("-pix_fmt", "yuv420p")),
    ],
)
def test_what_an_encoder_wrote_is_read(
    tmp_path: Path, encoder: str, size: str, rate: str, options: tuple[str, ...]
) -> None:
    codec = "h264" if encoder == "libx264" else "h265"
    found = picture(codec, encoded(tmp_path, encoder, size, rate, *options))
    width, height = map(int, size.split("x"))
    assert found is not None
    assert found[:2] == (width, height)
    if codec == "h264":
        numerator, _, denominator = rate.partition("/")
        assert found.fps == pytest.approx(int(numerator) / int(denominator or 1))


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
