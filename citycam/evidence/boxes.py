"""Boxes of MP4 (ISO/IEC 14496-12) and the header of a recorded segment: [ftyp moov (moof mdat)*]."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from citycam.evidence.coding import H264, H265, MJPEG, Coding

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
    """What moov says of the file and of its video track.

    Attributes:
        duration_ms: 0 until the recorder has closed the file.
        number, stream, began_ns: MediaMTX's: which file it is of one sitting of the recorder, which sitting, and when
            it begins in the time of the session's RTP timestamps (the session's first packet came at 0).
    """

    track: int
    timescale: int
    coding: Coding
    duration_ms: float
    parameter_sets: tuple[bytes, ...]
    number: int | None
    stream: bytes | None
    began_ns: int | None
    end: int

    @property
    def lead(self) -> bytes:
        """Bytes that stand before the first other NAL unit of a key frame: [length, set] for each parameter set."""
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
        MalformedSegment: they are missing, damaged, or name no track of a known video codec.
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
    duration_ms, video, mediamtx = 0.0, None, _Sitting(None, None, None)
    for box in children(data, moov.start, moov.end):
        if box.kind == b"mvhd":
            timescale, duration = struct.unpack_from(">II", data, box.start + 12)
            duration_ms = duration * 1000 / timescale if timescale else 0.0
        elif box.kind == b"trak" and video is None:
            video = _track(bytes(data[box.start : box.end]))
        elif box.kind == b"udta":
            mediamtx = _mediamtx(data, box)
    if video is None:
        raise MalformedSegment("no track of H.264, H.265 or MJPEG")
    track, timescale, (coding, length_size, sets) = video
    if length_size != 4:
        raise MalformedSegment(f"NAL lengths of {length_size} bytes; only 4 are known")
    return Header(track, timescale, coding, duration_ms, sets, *mediamtx, moov.end)


class _Sitting(NamedTuple):
    """MediaMTX's `mtxi` box; one sitting of the recorder is one `stream`."""

    number: int | None
    stream: bytes | None
    began_ns: int | None


def _mediamtx(data: memoryview, udta: Box) -> _Sitting:
    for box in children(data, udta.start, udta.end):
        if box.kind == b"mtxi" and box.end - box.start >= 44:
            stream, number, began_ns = struct.unpack_from(">16sQq", data, box.start + 4)
            return _Sitting(number, stream, began_ns)
    return _Sitting(None, None, None)


class _Entry(NamedTuple):
    """A sample entry."""

    coding: Coding
    length_size: int
    parameter_sets: tuple[bytes, ...]


class _Track(NamedTuple):
    track: int
    timescale: int
    entry: _Entry


@lru_cache(maxsize=64)
def _track(trak: bytes) -> _Track | None:
    """The track, if it is video of a known codec. The segments of a camera share it."""
    data = memoryview(trak)
    track, timescale, handler, entry = 0, 0, b"", None
    for box in _leaves(data, 0, len(data)):
        wide = box.start < box.end and data[box.start] == 1
        if box.kind == b"tkhd":
            (track,) = struct.unpack_from(">I", data, box.start + (20 if wide else 12))
        elif box.kind == b"mdhd":
            (timescale,) = struct.unpack_from(">I", data, box.start + (20 if wide else 12))
        elif box.kind == b"hdlr":
            handler = bytes(data[box.start + 8 : box.start + 12])
        elif box.kind == b"stsd":
            entry = _entry(data, box)
    if handler != b"vide" or entry is None or timescale == 0:
        return None
    return _Track(track, timescale, entry)


def _leaves(data: memoryview, start: int, end: int) -> Iterator[Box]:
    for box in children(data, start, end):
        if box.kind in _CONTAINERS:
            yield from _leaves(data, box.start, box.end)
        else:
            yield box


def _entry(data: memoryview, stsd: Box) -> _Entry | None:
    for entry in children(data, stsd.start + 8, stsd.end):
        wanted = _CONFIGURATIONS.get(entry.kind)
        if wanted is None:
            continue
        kind, read = wanted
        for box in children(data, entry.start + 78, entry.end):
            if box.kind == kind:
                return read(data, box)
    return None


def _avc(data: memoryview, box: Box) -> _Entry:
    """`avcC` (ISO/IEC 14496-15 5.3.3.1)."""
    sets, at = [], box.start + 5
    for mask in (0x1F, 0xFF):
        count, at = data[at] & mask, at + 1
        for _ in range(count):
            unit, at = _unit(data, at, box)
            sets.append(unit)
    return _Entry(H264, (data[box.start + 4] & 3) + 1, tuple(sets))


def _hevc(data: memoryview, box: Box) -> _Entry:
    """`hvcC` (ISO/IEC 14496-15 8.3.3.1)."""
    sets, at = [], box.start + 23
    for _ in range(data[box.start + 22]):
        count, at = int.from_bytes(data[at + 1 : at + 3], "big"), at + 3
        for _ in range(count):
            unit, at = _unit(data, at, box)
            sets.append(unit)
    return _Entry(H265, (data[box.start + 21] & 3) + 1, tuple(sets))


def _unit(data: memoryview, at: int, box: Box) -> tuple[bytes, int]:
    """A parameter set with its length in two bytes before it, and what follows."""
    begin = at + 2
    end = begin + int.from_bytes(data[at:begin], "big")
    if end > box.end:
        raise MalformedSegment(f"{bytes(data[box.start - 4 : box.start]).decode('ascii')} is damaged")
    return bytes(data[begin:end]), end


def _jpeg(data: memoryview, box: Box) -> _Entry | None:
    """`esds` (ISO/IEC 14496-14 5.6.1), which says of `mp4v` what it is; JPEG by ISO/IEC 14496-1 table 5."""
    at = box.start + 4
    while at < box.end:
        tag, at = data[at], at + 1
        while data[at] & 0x80:  # its size, in bytes of 7 bits
            at += 1
        at += 1
        if tag == _DECODER:
            return _Entry(MJPEG, 4, ()) if data[at] == _JPEG else None
        if tag != _ELEMENTARY_STREAM:
            return None
        flags, at = data[at + 2], at + 3
        at += 2 * (flags >> 7)
        at += 1 + data[at] if flags & 0x40 else 0
        at += 2 * (flags >> 5 & 1)
    return None


_ELEMENTARY_STREAM, _DECODER, _JPEG = 0x03, 0x04, 0x6C
_CONFIGURATIONS: dict[bytes, tuple[bytes, Callable[[memoryview, Box], _Entry | None]]] = {
    b"avc1": (b"avcC", _avc),
    b"avc3": (b"avcC", _avc),
    b"hvc1": (b"hvcC", _hevc),
    b"hev1": (b"hvcC", _hevc),
    b"mp4v": (b"esds", _jpeg),
}
