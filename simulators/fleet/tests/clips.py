"""Clips made by hand: slices of bytes that no decoder must read, in the order and sizes a test wants."""

from __future__ import annotations

from pathlib import Path

from simulators.media.clip import Clip, Unit, read_clip, write_clip

SPS, PPS = b"\x67\x42\x00\x1e\x01", b"\x68\xce\x01"


def picture(number: int, gop: int, size: int = 200) -> Unit:
    """A picture of one slice; every first of a GOP is an IDR picture."""
    key = number % gop == 0
    body = bytes(1 + (number * 31 + at) % 250 for at in range(size))
    return Unit.of(((b"\x65" if key else b"\x41") + b"\x88" + body,), key=key)


def make_clip(folder: Path, *, fps: int = 25, gop: int = 5, gops: int = 3, size: int = 200) -> Clip:
    """Write a clip into `folder`, and read it."""
    folder.mkdir(parents=True, exist_ok=True)
    reel = tuple(picture(number, gop, size) for number in range(gop * gops))
    write_clip(folder, Clip(folder.name, "h264", (SPS, PPS), fps, (reel,), width=16, height=16), label="by hand")
    return read_clip(folder)
