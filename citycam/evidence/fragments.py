"""Fragments of a recorded segment to samples, read with numpy.

Damage is noted, never raised: the reader goes on at the next fragment.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from citycam.evidence.boxes import HEAD, Box, Header, MalformedSegment, children

Ints = npt.NDArray[np.int64]

# The fragment of one track as MediaMTX writes it: moof mfhd traf tfhd(default-base-is-moof) tfdt(v1) trun(v1).
_FRAGMENT = struct.Struct(">I 16s 4x I 16s I 12s Q I4sIIi")
_MOOF_MFHD = struct.pack(">4sI4sI", b"moof", 16, b"mfhd", 0)
_TRAF_TFHD = struct.pack(">4sI4sI", b"traf", 16, b"tfhd", 0x20000)
_TFDT = struct.pack(">I4sI", 20, b"tfdt", 1 << 24)
# Layouts of trun it comes in, and bytes of an entry: durations and sizes, then flags, then composition offsets or not.
_PLAIN = {0x301: 8, 0x701: 12, 0xB01: 12, 0xF01: 16}
_NO_DEFAULTS = (0, 0, 0)
_NON_SYNC = 1 << 16
_LIMIT = 1 << 60
"""Times and places beyond it are damage; they would not fit into 64 bits with what is added to them."""


@dataclass
class Samples:
    """Samples of the video track: byte offset, size, decode time (ticks), key; `notes` names damage."""

    offset: Ints
    size: Ints
    time: Ints
    duration: Ints
    key: npt.NDArray[np.bool_]
    complete: bool
    notes: list[str] = field(default_factory=list)


class _Run(NamedTuple):
    """One trun: where its entries are, how they are laid out, where its data and its time begin."""

    entries: int
    length: int
    flags: int
    data: int
    time: int
    defaults: tuple[int, int, int]


def read_samples(data: memoryview, header: Header, start: int) -> Samples:
    """Samples of the video track in the boxes from `start` on, in file order."""
    runs: list[_Run] = []
    notes: list[str] = []
    at, end = start, len(data)
    while at < end:
        try:
            at = _fragment(data, at, end, header.track, runs)
        except (MalformedSegment, struct.error) as error:
            notes.append(f"damaged at byte {at}: {error}")
            found = bytes(data[at + 4 : end]).find(b"moof", 1)
            if found < 0:
                break
            at += found
    return _expand(data, runs, notes)


def whole_parts(data: memoryview) -> int:
    """Where the last part (moof, mdat) that is wholly in `data` ends; what follows is still being written."""
    at = end = 0
    while at + 8 <= len(data):
        size, kind = HEAD.unpack_from(data, at)
        at += size
        if size < 8 or at > len(data):
            break
        if kind == b"mdat":
            end = at
    return end


def _fragment(data: memoryview, at: int, end: int, track: int, runs: list[_Run]) -> int:
    """Take fragments as long as they are plain, else one box; returns where the next starts."""
    begin = at
    while end - at >= _FRAGMENT.size:
        moof, first, traf, second, track_id, third, time, trun, kind, flags, count, offset = _FRAGMENT.unpack_from(
            data, at
        )
        flags &= 0xFFFFFF
        if not (
            first == _MOOF_MFHD and second == _TRAF_TFHD and track_id == track and third == _TFDT and kind == b"trun"
            and time < _LIMIT and moof == traf + 24 == trun + 68 and trun == _PLAIN.get(flags, -1) * count + 20
            and at + moof + 8 <= end
        ):  # fmt: skip
            break
        size, kind = HEAD.unpack_from(data, at + moof)
        if kind != b"mdat" or size < 8 or at + moof + size > end:
            break
        runs.append(_Run(at + _FRAGMENT.size, count, flags, at + offset, time, _NO_DEFAULTS))
        at += moof + size
    if at > begin:
        return at
    for box in children(data, at, end):
        if box.kind == b"moof":
            _general(data, at, box, track, runs)
        return box.end
    return end


def _general(data: memoryview, moof: int, box: Box, track: int, runs: list[_Run]) -> None:
    """A fragment of any layout: several tracks, several runs, defaults."""
    for traf in children(data, box.start, box.end):
        if traf.kind == b"traf":
            fragment = _Fragment(moof)
            for part in children(data, traf.start, traf.end):
                fragment.take(data, part)
            if fragment.track == track:
                runs.extend(fragment.runs)


class _Fragment:
    """State of one traf: what tfhd and tfdt say, and where the next trun goes on."""

    def __init__(self, moof: int) -> None:
        self.base = self.place = moof
        self.track = self.time = 0
        self.defaults = (0, 0, 0)
        self.runs: list[_Run] = []

    def take(self, data: memoryview, box: Box) -> None:
        """Take a box of the traf."""
        if box.kind == b"tfhd":
            self._header(data, box)
        elif box.kind == b"tfdt":
            (self.time,) = struct.unpack_from(">Q" if data[box.start] == 1 else ">I", data, box.start + 4)
            _check(self.time)
        elif box.kind == b"trun":
            run = self._run(data, box)
            durations, sizes, _ = _columns(data, run)
            self.time, self.place = self.time + int(durations.sum()), run.data + int(sizes.sum())
            self.runs.append(run)

    def _header(self, data: memoryview, tfhd: Box) -> None:
        flags, self.track = struct.unpack_from(">II", data, tfhd.start)
        at, values = tfhd.start + 8, [0, 0, 0]
        if flags & 0x1:
            (self.base,), at = struct.unpack_from(">Q", data, at), at + 8
            self.place = _check(self.base)
        at += 4 if flags & 0x2 else 0
        for index, bit in enumerate((0x8, 0x10, 0x20)):
            if flags & bit:
                (values[index],), at = struct.unpack_from(">I", data, at), at + 4
        self.defaults = (values[0], values[1], values[2])

    def _run(self, data: memoryview, trun: Box) -> _Run:
        flags, count = struct.unpack_from(">II", data, trun.start)
        at, place = trun.start + 8, self.place
        if flags & 0x1:
            (offset,), at = struct.unpack_from(">i", data, at), at + 4
            place = self.base + offset
        at += 4 if flags & 0x4 else 0
        if at + count * 4 * (flags >> 8 & 0xF).bit_count() > trun.end:
            raise MalformedSegment(f"trun claims {count} samples and has no room for them")
        return _Run(at, count, flags & 0xFFFFFF, place, self.time, self.defaults)


def _check(number: int) -> int:
    if number >= _LIMIT:
        raise MalformedSegment(f"impossible time or place {number}")
    return number


def _columns(data: memoryview, run: _Run) -> tuple[Ints, Ints, Ints]:
    """Durations, sizes and flags of a run."""
    width = (run.flags >> 8 & 0xF).bit_count()
    table = np.frombuffer(data, ">u4", run.length * width, run.entries).reshape(run.length, width).astype(np.int64)
    columns, at = [], 0
    for bit, default in zip((0x100, 0x200, 0x400), run.defaults, strict=True):
        if run.flags & bit:
            columns.append(table[:, at])
            at += 1
        else:
            columns.append(np.full(run.length, default, np.int64))
    return columns[0], columns[1], columns[2]


def _expand(data: memoryview, runs: list[_Run], notes: list[str]) -> Samples:
    """Runs to samples."""
    counts = np.array([run.length for run in runs], np.int64)
    total = int(counts.sum())
    duration, size, flags = _tables(data, runs, counts)
    begins = np.repeat(np.cumsum(counts) - counts, counts)
    places, times = np.cumsum(size) - size, np.cumsum(duration) - duration
    offset = np.repeat(np.array([run.data for run in runs], np.int64), counts)
    time = np.repeat(np.array([run.time for run in runs], np.int64), counts)
    if total:
        offset, time = offset + places - places[begins], time + times - times[begins]
    inside = (offset >= 0) & (offset + size <= len(data))
    if not inside.all():
        notes.append(f"truncated: {total - int(inside.sum())} frames of the last part are cut off")
        offset, size, time, duration, flags = (one[inside] for one in (offset, size, time, duration, flags))
    return Samples(offset, size, time, duration, flags & _NON_SYNC == 0, not notes, notes)


def _tables(data: memoryview, runs: list[_Run], counts: Ints) -> tuple[Ints, Ints, Ints]:
    """Columns of all runs; runs of one layout, which is nearly always all of them, are read at once."""
    layouts = {(run.flags, run.defaults) for run in runs}
    if len(layouts) == 1:
        width = (runs[0].flags >> 8 & 0xF).bit_count() * 4
        joined = b"".join([data[run.entries : run.entries + run.length * width] for run in runs])
        return _columns(memoryview(joined), runs[0]._replace(entries=0, length=int(counts.sum())))
    columns = [_columns(data, run) for run in runs]
    duration, size, flags = (
        np.concatenate([column[index] for column in columns]) if columns else np.empty(0, np.int64)
        for index in range(3)
    )
    return duration, size, flags
