"""Boxes of MP4 (ISO/IEC 14496-12) and the header of a recorded segment: [ftyp moov (moof mdat)*]."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

HEAD = struct.Struct(">I4s")
_CONTAINERS = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"udta"))


class MalformedSegment(ValueError):
    """The header (ftyp, moov) cannot be read, so no frame of the file can be."""


class Box(NamedTuple):
    """A box: its type, where its payload starts, where it ends."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class Header:
    """What moov says. `duration_ms` is 0 until the recorder has closed the file; `lead` is [length SPS][length PPS]."""

    track: int
    timescale: int
    duration_ms: float
    parameter_sets: tuple[bytes, ...]
    number: int | None
    stream: bytes | None
    end: int

    @property
    def lead(self) -> bytes:
        """Bytes that stand before the first other NAL unit of a key frame."""
        return b"".join(len(unit).to_bytes(4, "big") + unit for unit in self.parameter_sets)


def children(data: memoryview, start: int, end: int) -> Iterator[Box]:
    """Boxes between two offsets.

    Raises:
        MalformedSegment: a box does not fit.
    """
    while start < end:
        if end - start < 8:
            raise MalformedSegment(f"{end - start} stray bytes at {start}")
        size, kind = HEAD.unpack_from(data, start)
        head = 8
        if size == 1 and end - start >= 16:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise MalformedSegment(f"box {kind!r} at {start} claims {size} bytes, {end - start} are left")
        yield Box(kind, start + head, start + size)
        start += size


def read_header(data: memoryview) -> Header:
    """Read ftyp and moov.

    Raises:
        MalformedSegment: they are missing, damaged, or name no H.264 track.
    """
    try:
        for box in children(data, 0, len(data)):
            if box.kind == b"moov":
                return _movie(data, box)
            if box.kind in (b"moof", b"mdat"):
                break
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise MalformedSegment(f"damaged header: {error}") from error
    raise MalformedSegment("no moov box" if len(data) else "the file is empty")


def _movie(data: memoryview, moov: Box) -> Header:
    duration_ms, video, number, stream = 0.0, None, None, None
    for box in children(data, moov.start, moov.end):
        if box.kind == b"mvhd":
            timescale, duration = struct.unpack_from(">II", data, box.start + 12)
            duration_ms = duration * 1000 / timescale if timescale else 0.0
        elif box.kind == b"trak" and video is None:
            video = _track(bytes(data[box.start : box.end]))
        elif box.kind == b"udta":
            number, stream = _mediamtx(data, box)
    if video is None:
        raise MalformedSegment("no H.264 track")
    track, timescale, length_size, sets = video
    if length_size != 4:
        raise MalformedSegment(f"NAL lengths of {length_size} bytes; only 4 are known")
    return Header(track, timescale, duration_ms, sets, number, stream, moov.end)


def _mediamtx(data: memoryview, udta: Box) -> tuple[int | None, bytes | None]:
    """Number and stream of a segment from MediaMTX's `mtxi` box."""
    for box in children(data, udta.start, udta.end):
        if box.kind == b"mtxi" and box.end - box.start >= 44:
            return int.from_bytes(data[box.start + 20 : box.start + 28], "big"), bytes(
                data[box.start + 4 : box.start + 20]
            )
    return None, None


@lru_cache(maxsize=64)
def _track(trak: bytes) -> tuple[int, int, int, tuple[bytes, ...]] | None:
    """Track, timescale, length size and parameter sets, if it is H.264 video. The segments of a camera share it."""
    data = memoryview(trak)
    track, timescale, handler, avc = 0, 0, b"", None
    for box in _leaves(data, 0, len(data)):
        wide = box.start < box.end and data[box.start] == 1
        if box.kind == b"tkhd":
            (track,) = struct.unpack_from(">I", data, box.start + (20 if wide else 12))
        elif box.kind == b"mdhd":
            (timescale,) = struct.unpack_from(">I", data, box.start + (20 if wide else 12))
        elif box.kind == b"hdlr":
            handler = bytes(data[box.start + 8 : box.start + 12])
        elif box.kind == b"stsd":
            avc = _avc(data, box)
    if handler != b"vide" or avc is None or timescale == 0:
        return None
    return track, timescale, *avc


def _leaves(data: memoryview, start: int, end: int) -> Iterator[Box]:
    for box in children(data, start, end):
        if box.kind in _CONTAINERS:
            yield from _leaves(data, box.start, box.end)
        else:
            yield box


def _avc(data: memoryview, stsd: Box) -> tuple[int, tuple[bytes, ...]] | None:
    """Length size and parameter sets of avcC (ISO/IEC 14496-15 5.3.3.1)."""
    for entry in children(data, stsd.start + 8, stsd.end):
        if entry.kind not in (b"avc1", b"avc3"):
            continue
        for box in children(data, entry.start + 78, entry.end):
            if box.kind == b"avcC":
                return (data[box.start + 4] & 3) + 1, tuple(_parameter_sets(data, box))
    return None


def _parameter_sets(data: memoryview, box: Box) -> Iterator[bytes]:
    at = box.start + 5
    for mask in (0x1F, 0xFF):
        count, at = data[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(data[at : at + 2], "big")
            if at + 2 + size > box.end:
                raise MalformedSegment("avcC is damaged")
            yield bytes(data[at + 2 : at + 2 + size])
            at += 2 + size
