"""All frames of one camera's folder in recorded order, and what state each frame of the window is in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from citycam.evidence.ledger import SECOND, CameraLedger, cover
from citycam.evidence.run import Marks
from citycam.evidence.segment import Segment
from citycam.evidence.timing import YEAR_S, Identity, place

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Recorded:
    """Samples in recorded order, as columns.

    Attributes:
        segment, index: which file, and which sample of it.
        camera, frame: who it says it is; a lost frame number is inferred from its neighbours, else -1.
        when: scheduled time, ns since 1970 UTC, inferred where the frame cannot say. sent_ns: -1 if unknown.
        ok: whole. named: says itself who it is. fit: how far its place in time is from when it was sent, ns.
        identity: an `Identity`, what `frame` rests on.
        own: of this camera. inside: in the window.
    """

    segment: Ints
    index: Ints
    camera: Ints
    frame: Ints
    when: Ints
    sent_ns: Ints
    ok: Flags
    named: Flags
    fit: Ints
    identity: Ints
    own: Flags
    inside: Flags


@dataclass(frozen=True)
class Window:
    """Every frame of the camera scheduled in the window: first..first+len-1, one entry each.

    Attributes:
        due: scheduled time. sent: says the ledger. copies: intact samples. hurt: damaged samples known to be it.
    """

    first: int
    due: Ints
    sent: Flags
    copies: Ints
    hurt: Ints

    def __len__(self) -> int:
        return len(self.due)

    @property
    def missing(self) -> Flags:
        """Sent, and in no way recorded."""
        missing: Flags = self.sent & self.absent
        return missing

    @property
    def absent(self) -> Flags:
        """In no way recorded, sent or not."""
        absent: Flags = (self.copies == 0) & (self.hurt == 0)
        return absent


def recorded(segments: Sequence[Segment], number: int, ledger: CameraLedger, marks: Marks) -> Recorded:
    """Put the frames of all readable segments in a row; `number` is the camera's."""
    parts = [(place, one, one.frames) for place, one in enumerate(segments) if one.frames is not None]

    def column(name: str, dtype: type) -> npt.NDArray[np.generic]:
        return np.concatenate([np.empty(0, dtype), *(getattr(frames, name) for _, _, frames in parts)])

    sizes = [len(frames) for _, _, frames in parts]
    segment = np.repeat(np.array([place for place, _, _ in parts], np.int64), sizes)
    index = np.concatenate([np.empty(0, np.int64), *(np.arange(size) for size in sizes)])
    began = np.repeat(np.array([one.time_ns for _, one, _ in parts], np.int64), sizes)
    camera, frame = column("camera", np.int64).astype(np.int64), column("frame", np.int64).astype(np.int64)
    scheduled, sent_ns = column("scheduled_ns", np.int64).astype(np.int64), column("sent_ns", np.int64).astype(np.int64)
    ok, named = column("ok", np.bool_).astype(np.bool_), column("named", np.bool_).astype(np.bool_)
    since = np.clip(column("decode_time_s", np.float64).astype(np.float64), 0, YEAR_S)  # a damaged time may be any
    place_ns = began + np.round(since * SECOND).astype(np.int64)
    own = (camera == number) | (camera < 0)
    identity = np.zeros(len(frame), np.int64)
    for at, placed in place(segments, ledger).items():
        part = segment == at
        frame[part], identity[part] = placed.frame, placed.identity
        if ledger.clock is not None:
            scheduled[part] = ledger.clock.due(placed.frame)
            sent_ns[part] = scheduled[part] if placed.identity is Identity.TIMESTAMPS else -1
    lost = own & (frame < 0)
    if lost.any():
        frame = frame.copy()
        _infer(frame, lost, own, segment, place_ns, ledger)
    when = np.where(scheduled >= 0, scheduled, place_ns)
    if ledger.clock is not None and lost.any():
        when = np.where(lost & (frame >= 0), ledger.clock.due(frame), when)
    inside = (when >= marks.start_ns) & (when < marks.stop_ns)
    fit = np.where((began >= 0) & (sent_ns >= 0), np.abs(place_ns - sent_ns), np.int64(2**62))
    return Recorded(segment, index, camera, frame, when, sent_ns, ok, named, fit, identity, own, inside)


def _infer(frame: Ints, lost: Flags, own: Flags, segment: Ints, place_ns: Ints, ledger: CameraLedger) -> None:
    """Give lost frames the numbers that their neighbours leave: by counting, else by decode time in the same file."""
    known = np.flatnonzero(own & ~lost)
    rank = np.cumsum(own) - 1
    if not len(known):
        return
    taken = set(frame[known].tolist())
    for at in np.flatnonzero(lost).tolist():
        after = int(np.searchsorted(known, at))
        left = int(known[after - 1]) if after else None
        right = int(known[after]) if after < len(known) else None
        if left is not None and right is not None and frame[right] - frame[left] == rank[right] - rank[left]:
            frame[at] = frame[left] + rank[at] - rank[left]
            continue
        near = next((one for one in (left, right) if one is not None and segment[one] == segment[at]), None)
        if near is None or ledger.clock is None:
            continue
        guess = int(frame[near] + round((place_ns[at] - place_ns[near]) / ledger.clock.interval_ns))
        if guess not in taken and guess >= 0:
            frame[at] = guess
            taken.add(guess)


def window(rows: Recorded, ledger: CameraLedger, marks: Marks) -> tuple[Window, Flags]:
    """The state of every frame of the window, and which own samples are intact frames that the ledger knows as sent."""
    first, stop = ledger.window(marks.start_ns, marks.stop_ns)
    count = stop - first
    numbers = np.arange(first, stop, dtype=np.int64)
    due = ledger.clock.due(numbers) if ledger.clock is not None else numbers
    sent = cover(ledger.ranges, first, stop)
    at = rows.frame - first
    known = rows.own & rows.inside & (at >= 0) & (at < count)
    if count:
        # A number that another clock gave is not this frame.
        known &= due[np.clip(at, 0, count - 1)] == rows.when
    intact, hurt = known & rows.ok, known & ~rows.ok
    copies = np.bincount(at[intact], minlength=count)
    state = Window(first, due, sent, copies, np.bincount(at[hurt], minlength=count))
    sound = intact.copy()
    if count:
        sound &= sent[np.clip(at, 0, count - 1)]
    return state, sound


def primaries(rows: Recorded, sound: Flags, interval_ns: float) -> Flags:
    """Of the sound samples, the one of each frame that stands best in its place in time; the others are duplicates."""
    at = np.flatnonzero(sound)
    order = at[np.lexsort((at, rows.fit[at] // max(1, round(interval_ns)), rows.frame[at]))]
    chosen = np.zeros(len(sound), np.bool_)
    if len(order):
        chosen[order[np.concatenate(([True], np.diff(rows.frame[order]) != 0))]] = True
    return chosen


def out_of_order(frames: Ints) -> Ints:
    """Positions of the smallest set of frames whose removal leaves the rest ascending."""
    if not (np.diff(frames) < 0).any():
        return np.empty(0, np.int64)
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for position, frame in enumerate(frames.tolist()):
        length = bisect_left(tails, frame)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1], ends[length : length + 1] = [frame], [position]
    keep = np.zeros(len(frames), np.bool_)
    at = ends[-1]
    while at >= 0:
        keep[at] = True
        at = before[at]
    return np.flatnonzero(~keep)
