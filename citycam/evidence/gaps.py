"""Gaps: runs of frames that were due in the window and are not in the archive, with the cause the ledger gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from citycam.evidence.ledger import SECOND, CameraLedger, Stop
from citycam.evidence.run import Marks
from citycam.evidence.sequence import Window
from citycam.evidence.trouble import Trouble

Ints = npt.NDArray[np.int64]

FLIGHT_NS = 2 * SECOND
"""Frames sent this shortly before a session was ended on purpose, or a fault began, may die with it."""
KEY_NS = 5 * SECOND
"""A camera that was changed or comes back goes on with a key frame; it is this far away at most."""
RECOVERY_NS = 10 * SECOND + 5 * SECOND + KEY_NS
"""What a gateway needs after a fault: its read time-out, its pause before it connects again, and a key frame."""


@dataclass(frozen=True)
class Gap:
    """Frames first..last are not recorded; `cause` is empty if the ledger does not explain it."""

    first: int
    last: int
    frames: int
    start_ns: int
    length_ms: float
    cause: str


@dataclass(frozen=True)
class Gaps:
    """All gaps of a camera; `explained` counts the sent frames in gaps with a cause, `longest_ms` ignores causes."""

    gaps: tuple[Gap, ...]
    explained: int
    longest_ms: float


def explains(cause: str) -> bool:
    """Whether the end of a session for this reason explains what was not recorded.

    A camera that was taken away, or a fault that the campaign injected, does. A connection that the gateway lost or
    ended (`disconnect`, `teardown`) does not: keeping it was its duty.
    """
    return cause == "removed" or cause.startswith("fault")


def find_gaps(state: Window, ledger: CameraLedger, marks: Marks) -> Gaps:
    """The gaps of one camera."""
    if ledger.clock is None:
        length = (marks.stop_ns - marks.start_ns) / 1e6
        return Gaps((Gap(-1, -1, 0, marks.start_ns, length, ""),), 0, length)
    absent = state.absent
    if not absent.any():
        return Gaps((), 0, 0.0)
    names, causes = _causes(state, ledger)
    begins, ends = runs(absent, causes)
    interval_ms = ledger.clock.interval_ns / 1e6
    found = tuple(
        Gap(
            first=state.first + begin,
            last=state.first + end,
            frames=end - begin + 1,
            start_ns=int(state.due[begin]),
            length_ms=(end - begin + 1) * interval_ms,
            cause=names[causes[begin]],
        )
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    )
    whole_begins, whole_ends = runs(absent, np.zeros(len(absent), np.int64))
    longest = float((whole_ends - whole_begins + 1).max()) * interval_ms
    return Gaps(found, int((state.missing & (causes > 0)).sum()), longest)


def runs(flags: npt.NDArray[np.bool_], labels: Ints) -> tuple[Ints, Ints]:
    """First and last position of every run of set flags with one label."""
    padded = np.concatenate(([False], flags, [False]))
    change = np.concatenate(([True], np.diff(labels) != 0, [True])) if len(labels) else np.array([True])
    begins = np.flatnonzero(padded[1:] & (~padded[:-1] | change))
    ends = np.flatnonzero(padded[:-1] & (~padded[1:] | change)) - 1
    return begins[: len(ends)], ends


def _causes(state: Window, ledger: CameraLedger) -> tuple[list[str], Ints]:
    """Names of causes, and for each frame of the window which one would explain its absence (0: none)."""
    names, causes = [""], np.zeros(len(state), np.int64)

    def mark(first: int, last: int, cause: str, only: npt.NDArray[np.bool_]) -> None:
        part = slice(max(0, first - state.first), max(0, last + 1 - state.first))
        if cause not in names:
            names.append(cause)
        causes[part][only[part]] = names.index(cause)

    # Last comes what says most: a fault was active, a session was ended, these very frames were not sent.
    for trouble in ledger.troubles:
        for first, last in _troubled(state, trouble, ledger):
            mark(first, last, f"fault:{trouble.kind}", state.absent)
    for stop in ledger.stops:
        if explains(stop.cause):
            resumed = min((play.frame for play in ledger.plays if play.t >= stop.t), default=state.first + len(state))
            mark(stop.frame + 1, min(resumed, _recovered(state, stop, ledger)) - 1, stop.cause, ~state.sent)
            mark(*_in_flight(state, stop.frame), stop.cause, state.missing)
    for skip in ledger.skips:
        mark(skip.first, skip.last, skip.cause, ~state.sent)
    return names, causes


def _recovered(state: Window, stop: Stop, ledger: CameraLedger) -> int:
    """The frame from which on a session that a fault ended explains nothing: the gateway had time to come back."""
    ends = [
        trouble.stop_ns
        for trouble in ledger.troubles
        if stop.cause == f"fault:{trouble.kind}" and trouble.start_ns <= stop.t <= trouble.stop_ns + SECOND
    ]
    if not ends:
        return state.first + len(state)
    return state.first + int(np.searchsorted(state.due, max(ends) + RECOVERY_NS))


def _troubled(state: Window, trouble: Trouble, ledger: CameraLedger) -> Iterator[tuple[int, int]]:
    """The absent frames that a fault explains: of gaps that begin with it, and no further than a gateway needs."""
    interval = ledger.clock.interval_ns if ledger.clock is not None else 0.0
    begins, ends = runs(state.absent, np.zeros(len(state), np.int64))
    limit = int(np.searchsorted(state.due, trouble.stop_ns + RECOVERY_NS))
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        latest = trouble.stop_ns + (KEY_NS if begin else RECOVERY_NS)  # before the window it may have begun earlier
        reaches = state.due[end] + interval >= trouble.start_ns
        if trouble.start_ns - FLIGHT_NS <= state.due[begin] < latest and reaches and begin < limit:
            yield state.first + begin, state.first + min(end, limit - 1)


def _in_flight(state: Window, last: int) -> tuple[int, int]:
    """The missing frames that end with `last` and were under way when the session ended; an empty range if none."""
    at = last - state.first
    if not 0 <= at < len(state) or not state.missing[at]:
        return 0, -1
    begin = at
    while begin > 0 and state.missing[begin - 1] and state.due[at] - state.due[begin - 1] <= FLIGHT_NS:
        begin -= 1
    return state.first + begin, last
