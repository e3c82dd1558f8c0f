"""What a client kept of a stream: its watermarks, and whether the pictures are those that were sent."""

from __future__ import annotations

from citycam.wire import watermark
from citycam.wire.watermark import Watermark
from simulators.media.annexb import split

from .stand import Session

SLICES = (1, 5)


def marks_of(stream: bytes) -> list[Watermark]:
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
        elif unit[0] & 0x1F in SLICES:
            slices[-1].append(unit)
    damaged = [
        mark.frame for mark, units in zip(found, slices, strict=True) if watermark.media_check(units) != mark.media
    ]
    assert damaged == []
    return found


def frames_of(stream: bytes, camera: int) -> list[int]:
    """Frame numbers of a stream that must be of one camera."""
    marks = marks_of(stream)
    assert {mark.camera for mark in marks} == {camera}
    return [mark.frame for mark in marks]


def assert_whole(frames: list[int], session: Session, count: int) -> None:
    """So many frames from the session's first one on, without a hole, and the ledger has sent them all."""
    assert frames == list(range(session.first, session.first + count))
    assert session.sent.issuperset(frames), set(frames) - session.sent
