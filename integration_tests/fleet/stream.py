"""What a client kept of a stream: its watermarks, and whether the pictures are those that were sent."""

from __future__ import annotations

import re

from citycam.model.codec import Codec
from citycam.wire import watermark
from citycam.wire.watermark import Watermark
from simulators.media.annexb import split

from .stand import Session


def is_slice(unit: bytes, codec: Codec) -> bool:
    """Whether a NAL unit holds a part of a picture (ITU-T H.264 and H.265, table 7-1 each)."""
    return unit[0] & 0x1F in (1, 5) if codec == "h264" else unit[0] >> 1 & 0x3F < 32


def marks_of(stream: bytes, codec: Codec = "h264") -> list[Watermark]:
    """The watermark of every picture of an Annex-B stream; fails if a picture is not the one its watermark goes with.

    A lost watermark is noticed too: its slices then count to the picture before.
    """
    found: list[Watermark] = []
    slices: list[list[bytes]] = []
    for unit in split(stream):
        mark = watermark.read(unit)
        if mark is not None:
            found.append(mark)
            slices.append([])
        elif is_slice(unit, codec):
            slices[-1].append(unit)
    damaged = [
        mark.frame for mark, units in zip(found, slices, strict=True) if watermark.media_check(units) != mark.media
    ]
    assert damaged == []
    return found


def frames_of(stream: bytes, camera: int, codec: Codec = "h264") -> list[int]:
    """Frame numbers of a stream that must be of one camera."""
    marks = marks_of(stream, codec)
    assert {mark.camera for mark in marks} == {camera}
    return [mark.frame for mark in marks]


def images_of(stream: bytes) -> int:
    """How many whole images a Motion JPEG stream holds."""
    return len(re.findall(rb"\xff\xd8.*?\xff\xd9", stream, re.DOTALL))


def assert_whole(frames: list[int], session: Session, count: int) -> None:
    """So many frames from the session's first one on, without a hole, and the ledger has sent them all."""
    assert frames == list(range(session.first, session.first + count))
    assert session.sent.issuperset(frames), set(frames) - session.sent
