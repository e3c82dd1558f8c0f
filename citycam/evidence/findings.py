"""Findings: each defect by its name, the segment and the frames it touches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from citycam.evidence.fmp4 import Frames
from citycam.evidence.gaps import runs
from citycam.evidence.ledger import CameraLedger
from citycam.evidence.segment import Segment
from citycam.evidence.sequence import Recorded, Window
from citycam.model.camera import camera_id, number_of

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Finding:
    """One defect: `frame` is the first of `count` consecutive frames (-1: does not apply)."""

    camera: str
    gateway: str
    kind: str
    segment: str
    frame: int
    count: int
    detail: str = ""


@dataclass(frozen=True)
class Folder:
    """Whose folder it is and what lies in it; makes findings that carry its name."""

    camera: str
    gateway: str
    segments: Sequence[Segment]

    def finding(self, kind: str, segment: str, frame: int, count: int, detail: str = "") -> Finding:
        """A finding of this folder."""
        return Finding(self.camera, self.gateway, kind, segment, frame, count, detail)

    def unreadable(self) -> Iterator[Finding]:
        """Files no frame of which can be read."""
        for one in self.segments:
            if one.frames is None:
                yield self.finding("unreadable", one.name, -1, 0, one.why)

    def of_samples(
        self, kind: str, rows: Recorded, chosen: Flags, detail: Ints, words: Sequence[str]
    ) -> Iterator[Finding]:
        """One finding for each run of `chosen` samples of a file with consecutive numbers; `words[detail]` says why."""
        at = np.flatnonzero(chosen)
        if not len(at):
            return
        follows = (
            (np.diff(rows.segment[at]) == 0)
            & (np.diff(detail[at]) == 0)
            & (
                (np.diff(rows.frame[at]) == 1)
                | ((rows.frame[at][1:] < 0) & (np.diff(at) == 1) & (rows.frame[at][:-1] < 0))
            )
        )
        bounds = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(at)]
        for begin, end in pairwise(bounds):
            one = int(at[begin])
            segment = self.segments[int(rows.segment[one])].name
            yield self.finding(kind, segment, int(rows.frame[one]), end - begin, words[int(detail[one])])

    def foreign(self, rows: Recorded, chosen: Flags) -> Iterator[Finding]:
        """Frames of other cameras."""
        if chosen.any():
            owners, which = np.unique(rows.camera, return_inverse=True)
            words = [f"belongs to {_name(int(owner))}" for owner in owners]
            yield from self.of_samples("foreign", rows, chosen, which, words)

    def missing(self, rows: Recorded, present: Flags, state: Window, ledger: CameraLedger) -> Iterator[Finding]:
        """Frames that were sent and are not recorded, each under the segment that should hold it."""
        begins, ends = runs(state.missing, np.zeros(len(state), np.int64))
        if not len(begins) or ledger.clock is None:
            return
        at = np.flatnonzero(present)
        at = at[np.argsort(rows.frame[at], kind="stable")]
        frames, places = rows.frame[at], rows.segment[at]
        for begin, end in zip((begins + state.first).tolist(), (ends + state.first).tolist(), strict=True):
            after = int(np.searchsorted(frames, begin))
            left = int(places[after - 1]) if after else None
            right = int(places[after]) if after < len(frames) else None
            yield from self._place(begin, end, left, right, ledger)

    def _place(
        self, first: int, last: int, left: int | None, right: int | None, ledger: CameraLedger
    ) -> Iterator[Finding]:
        """Frames first..last are missing between a frame of segment `left` and one of segment `right`."""
        if left is not None and left == right:
            yield self.finding("missing", self.segments[left].name, first, last - first + 1, self._notes(left))
            return
        interval = ledger.clock.interval_ns / 1e9 if ledger.clock else 1.0
        count = last - first + 1
        tail = min(count, self._cut_tail(left, interval))
        head = min(count - tail, self._cut_head(right, interval))
        if tail and left is not None:
            yield self.finding("missing", self.segments[left].name, first, tail, self._notes(left) or "its end is gone")
        if count - tail - head:
            yield from self._between(first + tail, last - head, left, right, ledger)
        if head and right is not None:
            yield self.finding("missing", self.segments[right].name, last - head + 1, head, "its beginning is gone")

    def _cut_tail(self, place: int | None, interval_s: float) -> int:
        """Frames that a segment has room for beyond its last own one; all if it was cut while being written."""
        frames, own = self._own(place)
        if frames is None or not len(own):
            return 0
        claimed = frames.header.duration_ms / 1000
        if not claimed and not frames.complete:
            return 1 << 62
        end = max(claimed, float(frames.decode_time_s[-1] + frames.duration_s[-1]))
        return max(0, round((end - float(frames.decode_time_s[own[-1]] + frames.duration_s[own[-1]])) / interval_s))

    def _cut_head(self, place: int | None, interval_s: float) -> int:
        """Frames that decode time leaves room for before the first own one: a segment begins at 0."""
        frames, own = self._own(place)
        return 0 if frames is None or not len(own) else max(0, round(float(frames.decode_time_s[own[0]]) / interval_s))

    def _own(self, place: int | None) -> tuple[Frames | None, Ints]:
        """A segment's frames and the positions of those that are not another camera's."""
        frames = self.segments[place].frames if place is not None else None
        if frames is None:
            return None, np.empty(0, np.int64)
        return frames, np.flatnonzero((frames.camera == number_of(self.camera)) | (frames.camera < 0))

    def _between(
        self, first: int, last: int, left: int | None, right: int | None, ledger: CameraLedger
    ) -> Iterator[Finding]:
        """Frames of no cut segment: a file holds none of this camera's frames in their place, or is gone."""
        hollow = [] if ledger.clock is None else self._hollow(first, last, ledger)
        bounds = [(first, "")] if not hollow else [(first, hollow[0][1]), *hollow[1:]]
        for (begin, name), (stop, _) in pairwise([*bounds, (last + 1, "")]):
            if stop > begin:
                yield self.finding("missing", name, begin, stop - begin, "" if name else self._lost_file(left, right))

    def _hollow(self, first: int, last: int, ledger: CameraLedger) -> list[tuple[int, str]]:
        """(first frame, name) of files without a frame of this camera whose time lies among frames first..last."""
        number = number_of(self.camera)
        found = []
        for one in self.segments:
            if _holds_none(one, number) and one.time_ns >= 0 and ledger.clock is not None:
                nearest = ledger.clock.frame_at(one.time_ns - ledger.clock.interval_ns / 4)
                if first - 1 <= nearest <= last:
                    found.append((max(first, nearest), one.name))
        return sorted(found)

    def _lost_file(self, left: int | None, right: int | None) -> str:
        """Words for frames that no file of the folder should hold."""
        names = [self.segments[place].name if place is not None else None for place in (left, right)]
        one, other = (self.segments[place].frames if place is not None else None for place in (left, right))
        gone = 0
        if one is not None and other is not None and one.header.stream == other.header.stream:
            gone = (other.header.number or 0) - (one.header.number or 0) - 1
        where = f"after {names[0]}" if names[0] else "before the first segment"
        return where + (f", {gone} segment file{'s are' if gone > 1 else ' is'} gone" if gone > 0 else "")

    def _notes(self, place: int) -> str:
        frames = self.segments[place].frames
        return "; ".join(frames.notes) if frames is not None else ""


def _holds_none(one: Segment, number: int) -> bool:
    """Whether no frame of a file is this camera's for certain."""
    if one.frames is None or not one.frames.header.coding.prefix:
        return not one.frames
    return not ((one.frames.camera == number) & (one.frames.frame >= 0)).any()


def _name(number: int) -> str:
    return camera_id(number) if 0 < number <= 999_999 else f"camera {number}"
