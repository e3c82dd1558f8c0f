"""Clips made by hand: slices of bytes that no decoder must read, in the order and sizes a test wants."""

from __future__ import annotations

from pathlib import Path

from citycam.model.codec import Codec
from simulators.media.clip import Audio, Clip, Unit, read_clip, write_clip

SPS, PPS = b"\x67\x42\x00\x1e\x01", b"\x68\xce\x01"


VPS = b"\x40\x01\x0c"
SETS = {"h264": (SPS, PPS), "h265": (VPS, b"\x42\x01" + bytes(range(1, 16)), b"\x44\x01\xc1"), "mjpeg": ()}
_HEADS: dict[str, tuple[bytes, bytes]] = {"h264": (b"\x65", b"\x41"), "h265": (b"\x26\x01", b"\x02\x01")}
SOUND = Audio("pcma", 8000, 320, b"", tuple(bytes((number,)) * 320 for number in range(25)))
"""A second of G.711 in packets of 40 ms."""


def picture(number: int, gop: int, size: int = 200, codec: Codec = "h264", shift: int = 0) -> Unit:
    """A picture of one slice; every first of a GOP can be decoded alone."""
    key = number % gop == 0 or codec == "mjpeg"
    body = bytes(1 + (number * 31 + at) % 250 for at in range(size))
    if codec == "mjpeg":
        return Unit.of((jpeg_image(body),), key=True)
    return Unit.of((_HEADS[codec][not key] + b"\x88" + body,), key=key, shift=shift)


def jpeg_image(scan: bytes) -> bytes:
    """A baseline image of 16 by 16 pixels whose scan is these bytes, which need not mean anything."""
    table = b"\xff\xdb\x00\x43\x00" + bytes(range(1, 65))
    frame = b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10\x03\x01\x22\x00\x02\x11\x00\x03\x11\x00"
    start = b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
    return b"\xff\xd8" + table + frame + start + scan + b"\xff\xd9"


def make_clip(
    folder: Path,
    *,
    fps: int = 25,
    gop: int = 5,
    gops: int = 3,
    size: int = 200,
    codec: Codec = "h264",
    shifts: tuple[int, ...] = (0,),
    audio: Audio | None = None,
    busier: int = 0,
) -> Clip:
    """Write a clip into `folder`, and read it. With `busier` a second reel of that picture size plays from noon on."""
    folder.mkdir(parents=True, exist_ok=True)
    reels = [
        tuple(picture(number, gop, one, codec, shifts[number % len(shifts)]) for number in range(gop * gops))
        for one in (size, busier)
        if one
    ]
    hours = (0,) * 12 + (1,) * 12 if busier else ()
    clip = Clip(folder.name, codec, SETS[codec], fps, tuple(reels), hours, audio, width=16, height=16)
    write_clip(folder, clip, label="by hand")
    return read_clip(folder)
