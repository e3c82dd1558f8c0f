"""Read the fleet's ledger: which frames of which camera were really sent. The ground truth of the audit.

Ledger = JSON lines, append-only; kinds: header, play, span, skip, stop, fault, cut, checkpoint, close (see
`simulators`; cut is in merged ones alone).
Frame k of a camera is scheduled at epoch + k * 1e9 * den // num nanoseconds. A camera's second stream has a name of
its own, `cam-000001/sub`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from citycam.evidence.trouble import Trouble, troubles
from citycam.model.errors import EvidenceMissing

SCHEMA_VERSION = 1
SECOND = 1_000_000_000

Ints = npt.NDArray[np.int64]


class Clock(NamedTuple):
    """When a camera's frames are due: frame k at `epoch_ns + k * 1e9 * den // num`."""

    epoch_ns: int
    num: int
    den: int

    def due(self, frames: Ints) -> Ints:
        """Scheduled times of frames, ns since 1970 UTC."""
        if not len(frames):
            return np.empty(0, np.int64)
        # The first exactly, the others by their distance: frame number times a second does not fit in 64 bits.
        base = int(frames.min())
        whole, rest = divmod(base * SECOND * self.den, self.num)
        step, left = divmod(SECOND * self.den, self.num)
        since = frames - base
        if (int(since.max()) + 1) * max(left, 1) + self.num >= 2**63:
            since = since.astype(object)
        return np.asarray(self.epoch_ns + whole + since * step + (rest + since * left) // self.num, dtype=np.int64)

    def first_at(self, time_ns: int) -> int:
        """The first frame scheduled at or after a time; never below 0."""
        return max(0, -((self.epoch_ns - time_ns) * self.num // (SECOND * self.den)))

    def frame_at(self, time_ns: float) -> int:
        """The frame scheduled nearest to a time."""
        return round((time_ns - self.epoch_ns) * self.num / (SECOND * self.den))

    @property
    def interval_ns(self) -> float:
        """Time from frame to frame."""
        return SECOND * self.den / self.num


class Skip(NamedTuple):
    """Frames that were due in an open session but not sent, both ends included."""

    first: int
    last: int
    cause: str


class Play(NamedTuple):
    """A session began, or was open when the ledger began; `frame` is its first from then on.

    `origin` is the first frame of the whole session, None if the ledger does not tell.
    """

    t: int
    frame: int
    origin: int | None = None


class Stop(NamedTuple):
    """A session ended; `frame` is the last sent."""

    t: int
    frame: int
    cause: str


@dataclass(frozen=True)
class CameraLedger:
    """One camera: `ranges` (n, 2) are the sent frames first..last, ascending, disjoint; a `clock` if it ever played."""

    camera: str
    clock: Clock | None = None
    ranges: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    skips: tuple[Skip, ...] = ()
    plays: tuple[Play, ...] = ()
    stops: tuple[Stop, ...] = ()
    troubles: tuple[Trouble, ...] = ()

    def window(self, start_ns: int, stop_ns: int) -> tuple[int, int]:
        """Frames scheduled in start_ns <= t < stop_ns, as a half-open range of numbers."""
        if self.clock is None:
            return 0, 0
        first = self.clock.first_at(start_ns)
        return first, max(first, self.clock.first_at(stop_ns))

    def sent(self, start_ns: int, stop_ns: int) -> Ints:
        """Numbers of the frames sent whose scheduled time lies in start_ns <= t < stop_ns, ascending."""
        first, stop = self.window(start_ns, stop_ns)
        return first + np.flatnonzero(cover(self.ranges, first, stop))


@dataclass(frozen=True)
class Ledger:
    """A whole ledger. `complete` is about the file; whether it reaches far enough is `covers`."""

    run: str
    cameras: Mapping[str, CameraLedger]
    through_ns: int | None
    complete: bool
    closed: bool
    faults: tuple[Mapping[str, Any], ...] = ()
    cuts: tuple[str, ...] = ()
    """Processes of the fleet that died: what they sent last nobody knows, so nothing after is covered."""
    notes: tuple[str, ...] = ()

    @classmethod
    def absent(cls, why: str) -> Ledger:
        """What is known without a ledger: nothing."""
        return cls(run="", cameras={}, through_ns=None, complete=False, closed=False, notes=(why,))

    def camera(self, camera: str) -> CameraLedger:
        """One camera's part; empty if the ledger does not name it."""
        return self.cameras.get(camera) or CameraLedger(camera)

    def sent(self, camera: str, start_ns: int, stop_ns: int) -> Ints:
        """Numbers of the frames of a camera sent in start_ns <= scheduled < stop_ns."""
        return self.camera(camera).sent(start_ns, stop_ns)

    def clock(self, camera: str) -> Clock:
        """When the camera's frames are due.

        Raises:
            EvidenceMissing: the camera never played.
        """
        clock = self.camera(camera).clock
        if clock is None:
            raise EvidenceMissing(f"{camera} is not in the ledger", why="it never played", next="look at its gateway")
        return clock

    def covers(self, stop_ns: int) -> bool:
        """True when every frame scheduled before `stop_ns` is certainly in the ledger."""
        return self.complete and self.through_ns is not None and self.through_ns >= stop_ns

    def stops_between(self, start_ns: int, stop_ns: int) -> dict[str, int]:
        """How many sessions of main streams ended in the window, by cause."""
        main = [camera for name, camera in self.cameras.items() if "/" not in name]
        causes = Counter(stop.cause for camera in main for stop in camera.stops if start_ns <= stop.t < stop_ns)
        return dict(sorted(causes.items()))


def cover(ranges: Ints, first: int, stop: int) -> npt.NDArray[np.bool_]:
    """Which of the frames first..stop-1 lie in inclusive `ranges`."""
    edges = np.zeros(stop - first + 1, np.int64)
    np.add.at(edges, np.clip(ranges[:, 0] - first, 0, stop - first), 1)
    np.add.at(edges, np.clip(ranges[:, 1] + 1 - first, 0, stop - first), -1)
    return np.cumsum(edges[:-1]) > 0


def read_ledger(path: Path) -> Ledger:
    """Read a ledger; damaged lines make it incomplete and are noted, never raised.

    Raises:
        EvidenceMissing: there is no such file.
    """
    reader = _Reader()
    try:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                reader.line(number, line)
    except FileNotFoundError as error:
        raise EvidenceMissing("the ledger is missing", where=str(path), next="run the campaign again") from error
    return reader.ledger()


@dataclass
class _Camera:
    clocks: list[Clock] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    plays: list[Play] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def clock(self, record: Mapping[str, Any]) -> None:
        clock = Clock(int(record["epoch"]), int(record["num"]), int(record["den"]))
        if clock not in self.clocks:
            if clock.num <= 0 or clock.den <= 0:
                raise ValueError(f"impossible frame rate {clock.num}/{clock.den}")
            self.clocks.append(clock)

    def frozen(self, camera: str, troubles: tuple[Trouble, ...]) -> CameraLedger:
        return CameraLedger(
            camera=camera,
            clock=self.clocks[0] if self.clocks else None,
            ranges=_merged(self.spans),
            skips=tuple(sorted(self.skips)),
            plays=tuple(sorted(self.plays, key=lambda play: play[:2])),
            stops=tuple(sorted(self.stops)),
            troubles=troubles,
        )


class _Reader:
    """Takes lines in order; each kind of record is one method."""

    def __init__(self) -> None:
        self.run = ""
        self.began_ns = 0
        self.seen_header = False
        self.closed = False
        self.through_ns: int | None = None
        self.cameras: dict[str, _Camera] = {}
        self.faults: list[Mapping[str, Any]] = []
        self.cuts: list[str] = []
        self.notes: list[str] = []

    def line(self, number: int, line: bytes) -> None:
        try:
            record = json.loads(line)
            take = getattr(self, "_take_" + str(record["kind"]), None)
            if take is None:
                raise ValueError(f"unknown kind {record['kind']!r}")
            take(record)
        except (ValueError, KeyError, TypeError) as error:
            self.notes.append(f"line {number}: {error}")

    def ledger(self) -> Ledger:
        if not self.seen_header:
            self.notes.append("no header")
        restarted = [camera for camera, parts in self.cameras.items() if len(parts.clocks) > 1]
        if restarted:
            self.notes.append(
                f"the clock of {', '.join(restarted[:5])} changed: the fleet was restarted during the run"
            )
        had = troubles(self.faults, self.began_ns)
        return Ledger(
            run=self.run,
            cameras={camera: parts.frozen(camera, had.get(camera, ())) for camera, parts in self.cameras.items()},
            through_ns=self.through_ns,
            complete=not self.notes,
            closed=self.closed,
            faults=tuple(self.faults),
            cuts=tuple(self.cuts),
            notes=tuple(self.notes),
        )

    def _camera(self, record: Mapping[str, Any]) -> _Camera:
        return self.cameras.setdefault(record["camera"], _Camera())

    def _take_header(self, record: Mapping[str, Any]) -> None:
        if record["schema_version"] != SCHEMA_VERSION:
            raise ValueError(f"schema version {record['schema_version']}, known is {SCHEMA_VERSION}")
        self.run, self.seen_header = str(record["run"]), True
        self.began_ns = int(record["started_ns"])

    def _take_play(self, record: Mapping[str, Any]) -> None:
        camera = self._camera(record)
        camera.clock(record)
        origin = record.get("origin")
        camera.plays.append(Play(int(record["t"]), int(record["frame"]), None if origin is None else int(origin)))

    def _take_span(self, record: Mapping[str, Any]) -> None:
        camera = self._camera(record)
        camera.clock(record)
        camera.spans.append((int(record["first"]), int(record["last"])))

    def _take_skip(self, record: Mapping[str, Any]) -> None:
        skip = Skip(int(record["first"]), int(record["last"]), str(record["cause"]))
        self._camera(record).skips.append(skip)

    def _take_stop(self, record: Mapping[str, Any]) -> None:
        frame = record["frame"]
        stop = Stop(int(record["t"]), -1 if frame is None else int(frame), str(record["cause"]))
        self._camera(record).stops.append(stop)

    def _take_fault(self, record: Mapping[str, Any]) -> None:
        troubles([record], 0)  # raises what makes it no record of a fault
        self.faults.append(record)

    def _take_cut(self, record: Mapping[str, Any]) -> None:
        self.cuts.append(f"process {record['shard']} of the fleet died: {record['why']}")

    def _take_checkpoint(self, record: Mapping[str, Any]) -> None:
        self.through_ns = max(self.through_ns or 0, int(record["through_ns"]))

    def _take_close(self, record: Mapping[str, Any]) -> None:
        self.closed = bool(record["t"])


def _merged(spans: list[tuple[int, int]]) -> Ints:
    """Ascending disjoint ranges that cover the same frames."""
    if not spans:
        return np.empty((0, 2), np.int64)
    ordered = np.array(sorted(spans), np.int64)
    reach = np.maximum.accumulate(ordered[:, 1])
    begins = np.flatnonzero(np.concatenate(([True], ordered[1:, 0] > reach[:-1] + 1)))
    ends = np.append(begins[1:] - 1, len(ordered) - 1)
    return np.column_stack((ordered[begins, 0], reach[ends]))
