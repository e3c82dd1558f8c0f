"""Recorded segments to frames: who each frame says it is, and whether it is whole.

A sample is length-prefixed NAL units (ISO/IEC 14496-15 5.3.4.2). The watermark comes first; in a key frame MediaMTX
puts the parameter sets of avcC before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import xxhash

from citycam.evidence.boxes import Header, MalformedSegment, read_header
from citycam.evidence.fragments import Samples, read_samples
from citycam.evidence.watermarks import LEAD, ROW, Marks
from citycam.wire import watermark

__all__ = ["Buffer", "Frames", "MalformedSegment", "Scan", "decode", "is_closed", "read_frames", "scan", "scan_parts"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SEARCH = 4096
_HEADER = 65536


@dataclass(frozen=True)
class Frames:
    """Frames of one segment in file order, as columns; -1 where a frame cannot say.

    Attributes:
        camera, frame, scheduled_ns, sent_ns: from the watermark; ns since 1970, UTC.
        named: the watermark says camera and frame, and its checks hold.
        ok: the watermark is whole, its media check holds, and nothing strange stands before it.
        offset, size: bytes in the file. key: can be decoded alone.
        decode_time_s: from the segment's start. duration_s: of the sample.
        complete: every box of the file is whole; `notes` names what is not.
    """

    camera: Ints
    frame: Ints
    scheduled_ns: Ints
    sent_ns: Ints
    named: Flags
    ok: Flags
    offset: Ints
    size: Ints
    key: Flags
    decode_time_s: npt.NDArray[np.float64]
    duration_s: npt.NDArray[np.float64]
    complete: bool
    notes: tuple[str, ...]
    header: Header
    bytes: int

    def __len__(self) -> int:
        return len(self.frame)


@dataclass(frozen=True)
class Scan:
    """What is taken from a segment before its watermarks are decoded: one row of bytes and one digest a sample."""

    header: Header
    samples: Samples
    rows: npt.NDArray[np.uint8]
    digests: Ints
    lead_ok: Flags
    bytes: int


def read_frames(source: Path | bytes) -> Frames:
    """Read one segment, from a file or from bytes.

    Raises:
        MalformedSegment: its header cannot be read. Damage further on is noted in the answer.
        OSError: the file cannot be read.
    """
    return decode([scan(source)])[0]


class Buffer:
    """Memory that files are read into one after another; mapping each of them costs twice the time."""

    def __init__(self) -> None:
        self._memory = bytearray(1 << 20)

    def read(self, path: Path) -> memoryview:
        """A whole file, until the next read.

        Raises:
            OSError: the file cannot be read.
        """
        file = os.open(path, os.O_RDONLY)
        try:
            size = os.fstat(file).st_size
            if size > len(self._memory):
                self._memory = bytearray(size)
            view, at = memoryview(self._memory)[:size], 0
            while at < size and (count := os.readv(file, [view[at:]])):
                at += count
            return view[:at]
        finally:
            os.close(file)


def scan(source: Path | bytes, buffer: Buffer | None = None) -> Scan:
    """Walk a segment, gather its watermarks and digest its media. Pass a `buffer` to read many.

    Raises:
        MalformedSegment: its header cannot be read.
        OSError: the file cannot be read.
    """
    data = memoryview(source) if isinstance(source, bytes) else (buffer or Buffer()).read(source)
    header = read_header(data)
    return _scan(data, header, header.end)


def decode(scans: Sequence[Scan]) -> list[Frames]:
    """Decode the watermarks of many segments at once."""
    if not scans:
        return []
    marks = Marks(np.concatenate([one.rows for one in scans]))
    named = marks.camera_ok & marks.frame_ok
    digests = np.concatenate([one.digests for one in scans])
    lead_ok = np.concatenate([one.lead_ok for one in scans])
    ok = marks.whole & lead_ok & (digests == marks.media)
    camera = np.where(marks.camera_ok, marks.camera, -1)
    frame, scheduled, sent = (
        np.where(marks.frame_ok, column, -1) for column in (marks.frame, marks.scheduled_ns, marks.sent_ns)
    )
    result, at = [], 0
    for one in scans:
        part = slice(at, at := at + len(one.rows))
        samples, scale = one.samples, one.header.timescale
        result.append(
            Frames(
                camera[part], frame[part], scheduled[part], sent[part], named[part], ok[part],
                samples.offset, samples.size, samples.key, samples.time / scale, samples.duration / scale,
                samples.complete, tuple(samples.notes), one.header, one.bytes,
            )
        )  # fmt: skip
    return result


def is_closed(path: Path) -> bool:
    """True if the recorder has finished the file: it then writes the duration into moov (MediaMTX `writeDuration`)."""
    with path.open("rb") as file:
        return _closed(file)


def _closed(file: BinaryIO) -> bool:
    data = file.read(_HEADER)
    try:
        return read_header(memoryview(data)).duration_ms > 0
    except MalformedSegment:
        return False


def scan_parts(data: memoryview, header: Header) -> Scan:
    """Gather the watermarks of whole parts (moof, mdat) that were read after the header; media are not checked."""
    return _scan(data, header, 0, digest=_nothing)


def _nothing(_: memoryview) -> int:
    return 0


def _scan(
    data: memoryview, header: Header, start: int, digest: Callable[[memoryview], int] = xxhash.xxh3_64_intdigest
) -> Scan:
    samples = read_samples(data, header, start)
    array = np.frombuffer(data, np.uint8)
    shift = np.where(samples.key, len(header.lead), 0)
    rows, named = _rows(array, samples, shift)
    lead_ok = ~samples.key | _equal(array, samples.offset, header.lead)
    for index in np.flatnonzero(~(named & lead_ok)).tolist():
        begin, size = int(samples.offset[index]), int(samples.size[index])
        place, lead_ok[index] = _search(data[begin : begin + size], header)
        if place is not None:
            shift[index] = place
            rows[index] = array[begin + place : begin + place + ROW]
    begins, ends = (samples.offset + shift + ROW).tolist(), (samples.offset + samples.size).tolist()
    digests = np.fromiter(
        (digest(data[b:e]) & 0xFFFFFFFF for b, e in zip(begins, ends, strict=True)), np.int64, len(begins)
    )
    return Scan(header, samples, rows, digests, lead_ok, len(data))


def _rows(array: npt.NDArray[np.uint8], samples: Samples, shift: Ints) -> tuple[npt.NDArray[np.uint8], Flags]:
    """The ROW bytes where each sample's watermark should stand, zeros where they do not fit, and which are one."""
    fits = samples.size >= shift + ROW
    if not len(fits) or len(array) < ROW:
        return np.zeros((len(fits), ROW), np.uint8), fits & False
    windows = _windows(array, ROW)
    rows = windows[np.where(fits, samples.offset + shift, 0)]
    rows[~fits] = 0
    return rows, (rows[:, : len(LEAD)] == LEAD).all(axis=1)


def _windows(array: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """All runs of `size` bytes as rows, not copied; numpy's `sliding_window_view` takes 20 times as long to make."""
    return np.ndarray((len(array) - size + 1, size), np.uint8, array, 0, (1, 1))


def _equal(array: npt.NDArray[np.uint8], offsets: Ints, lead: bytes) -> Flags:
    """Whether the bytes at each offset are `lead`."""
    if not lead or len(array) < len(lead):
        return np.full(len(offsets), not lead)
    windows = _windows(array, len(lead))
    result: Flags = (windows[np.minimum(offsets, len(windows) - 1)] == np.frombuffer(lead, np.uint8)).all(axis=1)
    return result


def _search(sample: memoryview, header: Header) -> tuple[int | None, bool]:
    """Where the watermark stands in a sample that does not begin as expected, and whether what precedes it is sound."""
    at, sound = 0, True
    while at + 5 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        if sample[at : at + len(LEAD)] == LEAD.data and at + ROW <= len(sample):
            return at, sound
        kind = sample[at + 4] & 0x1F
        if kind not in (6, 7, 8, 9) or at + 4 + size > len(sample):
            break
        delimiter = kind == 9 and size == 2
        sound = sound and (delimiter or bytes(sample[at + 4 : at + 4 + size]) in header.parameter_sets)
        at += 4 + size
    found = bytes(sample[:_SEARCH]).find(watermark.PREFIX) - 4
    return (found if 0 <= found <= len(sample) - ROW else None), False
