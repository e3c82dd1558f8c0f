"""Recorded segments to frames: who each frame says it is, and whether it is whole.

A sample of H.264 or H.265 is length-prefixed NAL units (ISO/IEC 14496-15 5.3.4.2). The watermark comes first; in a key
frame MediaMTX puts the parameter sets of the header before it. A sample of MJPEG is a JPEG picture, which carries none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import xxhash

from citycam.evidence.boxes import Header, MalformedSegment, read_header
from citycam.evidence.coding import BODY, Coding
from citycam.evidence.fragments import Samples, read_samples
from citycam.evidence.watermarks import Marks

__all__ = ["Buffer", "Frames", "MalformedSegment", "Scan", "decode", "is_closed", "read_frames", "scan", "scan_parts"]

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_SEARCH = 4096
_HEADER = 65536
_BEGIN, _END = np.frombuffer(b"\xff\xd8\xff", np.uint8), np.frombuffer(b"\xff\xd9", np.uint8)
"""Start and end of a JPEG picture (ITU-T T.81 B.1.1.3)."""


@dataclass(frozen=True)
class Frames:
    """Frames of one segment in file order, as columns; -1 where a frame cannot say.

    Attributes:
        camera, frame, scheduled_ns, sent_ns: from the watermark; ns since 1970, UTC.
        named: the watermark says camera and frame, and its checks hold.
        ok: the watermark is whole, its media check holds, and nothing strange stands before it; without watermarks, it
            begins and ends as a picture does.
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
    """What is taken from a segment before its watermarks are decoded, one entry a sample.

    Attributes:
        rows: what follows the prefix of its watermark. led: length and prefix are there.
        sound: nothing strange stands before it; without watermarks, the picture begins and ends as it should.
        strange: sample → what stands before its watermark, if it is parameter sets that the header does not have.
    """

    header: Header
    samples: Samples
    rows: Bytes
    led: Flags
    digests: Ints
    sound: Flags
    strange: dict[int, bytes]
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
    """Decode the watermarks of many segments at once.

    A camera that is changed in mid-stream sends other parameter sets than the file's header has. They are believed if
    another of these segments has them in its header, or another key frame the same: damage does not come twice.
    """
    if not scans:
        return []
    _believe(scans)
    rows, led, digests, sound = (
        np.concatenate([getattr(one, name) for one in scans]) for name in ("rows", "led", "digests", "sound")
    )
    marks = Marks(rows, led)
    named = marks.camera_ok & marks.frame_ok
    marked = np.repeat([bool(one.header.coding.prefix) for one in scans], [len(one.rows) for one in scans])
    ok = sound & (~marked | marks.whole & (digests == marks.media))
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


def _believe(scans: Sequence[Scan]) -> None:
    seen = Counter(lead for one in scans for lead in one.strange.values())
    if seen:
        known = {one.header.lead for one in scans} | {lead for lead, count in seen.items() if count > 1}
        for one in scans:
            one.sound[[index for index, lead in one.strange.items() if lead in known]] = True


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
    coding = header.coding
    if not coding.prefix:
        return _unmarked(array, header, samples)
    shift = np.where(samples.key, len(header.lead), 0)
    rows, led = _rows(array, samples, shift, coding)
    sound = ~samples.key | _equal(array, samples.offset, np.frombuffer(header.lead, np.uint8))
    strange: dict[int, bytes] = {}
    for index in np.flatnonzero(~(led & sound)).tolist():
        begin, size = int(samples.offset[index]), int(samples.size[index])
        place, sound[index], lead = _search(data[begin : begin + size], header)
        if lead and samples.key[index]:
            strange[index] = lead
        if place is not None:
            shift[index] = place
            row = array[begin + place : begin + place + coding.row]
            rows[index], led[index] = row[-BODY:], (row[:-BODY] == coding.lead).all()
    begins, ends = (samples.offset + shift + coding.row).tolist(), (samples.offset + samples.size).tolist()
    digests = np.fromiter(
        (digest(data[b:e]) & 0xFFFFFFFF for b, e in zip(begins, ends, strict=True)), np.int64, len(begins)
    )
    return Scan(header, samples, rows, led, digests, sound, strange, len(data))


def _unmarked(array: Bytes, header: Header, samples: Samples) -> Scan:
    """Pictures without watermarks."""
    none = np.zeros(len(samples.size), np.int64)
    whole = _equal(array, samples.offset, _BEGIN) & _equal(array, samples.offset + samples.size - len(_END), _END)
    whole &= samples.size >= len(_BEGIN) + len(_END)
    return Scan(header, samples, np.zeros((len(none), BODY), np.uint8), none > 0, none, whole, {}, len(array))


def _rows(array: Bytes, samples: Samples, shift: Ints, coding: Coding) -> tuple[Bytes, Flags]:
    """The bytes where each sample's watermark should stand, zeros where they do not fit, and which begin as one."""
    fits = samples.size >= shift + coding.row
    if not len(fits) or len(array) < coding.row:
        return np.zeros((len(fits), BODY), np.uint8), fits & False
    windows = _windows(array, coding.row)
    rows = windows[np.where(fits, samples.offset + shift, 0)]
    rows[~fits] = 0
    head = len(coding.lead)
    return rows[:, head:], (rows[:, :head] == coding.lead).all(axis=1)


def _windows(array: Bytes, size: int) -> Bytes:
    """All runs of `size` bytes as rows, not copied; numpy's `sliding_window_view` takes 20 times as long to make."""
    return np.ndarray((len(array) - size + 1, size), np.uint8, array, 0, (1, 1))


def _equal(array: Bytes, offsets: Ints, wanted: Bytes) -> Flags:
    """Whether the bytes at each offset are `wanted`."""
    if not len(wanted) or len(array) < len(wanted):
        return np.full(len(offsets), not len(wanted))
    windows = _windows(array, len(wanted))
    result: Flags = (windows[np.clip(offsets, 0, len(windows) - 1)] == wanted).all(axis=1)
    return result


def _search(sample: memoryview, header: Header) -> tuple[int | None, bool, bytes]:
    """Where the watermark stands in a sample that does not begin as expected, and whether what precedes it is sound.

    If it is not, but nothing else than parameter sets, these.
    """
    at, sound, coding, sets = 0, True, header.coding, b""
    while at + 5 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        if sample[at : at + len(coding.lead)] == coding.lead.data and at + coding.row <= len(sample):
            return at, sound, b"" if sound else sets
        kind = coding.kind(sample[at + 4])
        delimiter = kind == coding.delimiter and size == coding.delimiter_size
        if not (delimiter or kind in coding.sets) or at + 4 + size > len(sample):
            break
        unit = bytes(sample[at : at + 4 + size])
        sound = sound and (delimiter or unit[4:] in header.parameter_sets)
        sets += b"" if delimiter else unit
        at += 4 + size
    found = bytes(sample[:_SEARCH]).find(coding.prefix) - 4
    return (found if 0 <= found <= len(sample) - coding.row else None), False, b""
