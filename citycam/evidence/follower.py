"""Follow what a recorder writes for one camera, reading every byte once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from citycam.evidence.boxes import Header, MalformedSegment, read_header
from citycam.evidence.fmp4 import Frames, Scan, decode, scan_parts
from citycam.evidence.fragments import whole_parts
from citycam.evidence.ledger import SECOND
from citycam.evidence.segment import file_time_ns

_READ = 64 << 20
"""Bytes read at once: more than the largest part a gateway writes (`recordMaxPartSize`, 50 MB)."""


@dataclass
class Follower:
    """One camera's folder.

    Attributes:
        newest_ns: when the newest frame on disk was sent (no watermark: by file name and decode time), 0 if none.
        segment_ns: what the newest segment's name says, 0 if there is none.
        bytes, frames, gaps: counted since the follower began; a gap is a jump in frame numbers.
    """

    folder: Path
    newest_ns: int = 0
    segment_ns: int = 0
    bytes: int = 0
    frames: int = 0
    gaps: int = 0
    _last: int = -1
    _name: str = ""
    _at: int = 0
    _header: Header | None = None
    _changed: int = -1
    _waiting: list[str] = field(default_factory=list)

    def look(self) -> list[Scan]:
        """Read what was written since the last look; `take` wants it decoded."""
        scans: list[Scan] = []
        try:
            self._list()
            self._read(scans)
            while self._waiting:
                self._next()
                self._read(scans)
        except FileNotFoundError:  # the folder is not there yet
            pass
        return scans

    def take(self, parts: Iterable[Frames]) -> None:
        """Count decoded frames, in the order in which they were read."""
        for frames in parts:
            self.frames += len(frames)
            numbers = frames.frame[frames.named]
            for number in numbers.tolist():
                self.gaps += self._last >= 0 and number > self._last + 1
                self._last = number
            if len(numbers):
                self.newest_ns = int(frames.sent_ns[frames.named][-1])
            elif len(frames):
                self.newest_ns = self.segment_ns + round(float(frames.decode_time_s[-1]) * SECOND)

    def _list(self) -> None:
        """Notice new segments; the folder is only listed when it changed."""
        changed = self.folder.stat().st_mtime_ns
        if changed == self._changed:
            return
        names = sorted(name for name in os.listdir(self.folder) if file_time_ns(name))
        fresh = [name for name in names if name > self._name]
        self._waiting = fresh if self._name else fresh[-1:]
        # A file made within the tick of the clock that this listing saw would not change the time again.
        if time.time_ns() - changed > SECOND:
            self._changed = changed

    def _next(self) -> None:
        self._name, self._at, self._header = self._waiting.pop(0), 0, None
        self.segment_ns = file_time_ns(self._name) or 0

    def _read(self, scans: list[Scan]) -> None:
        """Read whole parts from where the last look ended."""
        if not self._name:
            return
        try:
            file = os.open(self.folder / self._name, os.O_RDONLY)
        except FileNotFoundError:  # retention took it, perhaps with frames nobody read
            self._last = -1
            return
        try:
            size = os.fstat(file).st_size
            while self._at < size:
                data = memoryview(os.pread(file, _READ, self._at))
                used = self._parts(data, scans)
                if not used:
                    break
                self._at += used
                self.bytes += used
        finally:
            os.close(file)

    def _parts(self, data: memoryview, scans: list[Scan]) -> int:
        """Take whole boxes; returns how many bytes they are."""
        used = 0
        if self._header is None:
            try:
                self._header = read_header(data)
            except MalformedSegment:
                return 0
            used = self._header.end
        end = used + whole_parts(data[used:])
        if end > used:
            scans.append(scan_parts(data[used:end], self._header))
        return end


def look_at_all(followers: Iterable[Follower]) -> None:
    """Look at many cameras and decode what they wrote at once, which costs a tenth of one by one."""
    looked = [(follower, follower.look()) for follower in followers]
    frames = iter(decode([scan for _, scans in looked for scan in scans]))
    for follower, scans in looked:
        follower.take([next(frames) for _ in scans])
