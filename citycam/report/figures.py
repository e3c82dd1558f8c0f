"""Numbers for a report, aggregated from evidence: frames per second, live starts, the worst cameras.

What is missing gives no figure (`None` or empty), never a zero; the gates already say why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from citycam.gates.evidence import AuditState, Evidence, Marks
from citycam.gates.samples import quantile
from citycam.model.documents import Document
from citycam.model.errors import EvidenceMissing
from citycam.plan.plan import Plan

LOG = logging.getLogger(__name__)

POINTS = 360
"""A line over time has at most this many points: more cannot be seen on a page."""
BINS = 24
LEAST_COVER = 0.5
"""A first or last second that the window covers less than this is not drawn: its rate would be noise."""


class Rate(Document):
    """Frames per second over one step of time, `at` seconds after the start of the window."""

    at: float
    seconds: float
    sent: float
    recorded: float


class Bin(Document):
    """How many live views started within `low <= seconds < high`."""

    low: float
    high: float
    count: int


class LiveStarts(Document):
    """Distribution of the times from the wish to watch to the first picture, in seconds."""

    median: float
    p95: float
    longest: float
    failed: int
    bins: tuple[Bin, ...]


class CameraFigure(Document):
    """What became of one camera's frames; `missing` counts damaged ones too."""

    camera: str
    ward: str
    site: str
    gateway: str
    sent: int
    recorded: int
    missing: int
    explained: int
    longest_gap_ms: float
    time_error_ms: float | None

    @property
    def complete(self) -> float | None:
        """Percent of sent frames that are recorded."""
        return 100 * self.recorded / self.sent if self.sent else None


class FindingFigure(Document):
    """How often the audit found one kind of defect."""

    kind: str
    cameras: int
    frames: int


class Figures(Document):
    """All figures of a run."""

    marks: Marks | None
    plan: Plan | None
    audit: AuditState | None
    rates: tuple[Rate, ...]
    live: LiveStarts | None
    cameras: tuple[CameraFigure, ...]
    findings: tuple[FindingFigure, ...]


F = TypeVar("F")


def read_figures(evidence: Evidence) -> Figures:
    """Aggregate what there is. Cameras come worst first: least complete, longest gap, largest time error."""
    marks = _or_none(evidence.marks)
    plan = _or_none(evidence.plan)
    return Figures(
        marks=marks,
        plan=plan,
        audit=_or_none(evidence.audit),
        rates=_or_none(lambda: _rates(evidence)) or (),
        live=_or_none(lambda: _live(evidence)),
        cameras=_or_none(lambda: _cameras(evidence, plan)) or (),
        findings=_or_none(lambda: _findings(evidence)) or (),
    )


def _or_none(read: Callable[[], F]) -> F | None:
    try:
        return read()
    except EvidenceMissing as error:
        LOG.debug("no figure: %s", error.what)
        return None


def _rates(evidence: Evidence) -> tuple[Rate, ...]:
    marks = evidence.marks()
    start, stop = marks.start_ns / 1e9, marks.stop_ns / 1e9
    step = max(1, -(-int(stop - start) // POINTS))
    rows = evidence.rows(
        "seconds",
        "select floor((second - ?) / ?) as step, min(second), max(second) + 1, sum(sent), sum(recorded)"
        " from evidence group by step order by step",
        int(start),
        step,
    )
    rates = []
    for _, low, high, sent, recorded in rows:
        begin, end = max(float(low), start), min(float(high), stop)
        if end - begin >= LEAST_COVER:
            covered = end - begin
            rates.append(
                Rate(at=begin - start, seconds=covered, sent=int(sent) / covered, recorded=int(recorded) / covered)
            )
    return tuple(rates)


def _live(evidence: Evidence) -> LiveStarts | None:
    rows = evidence.rows("requests", "select latency_ms / 1000, ok from evidence where kind = 'live' order by 1")
    waits = [seconds for seconds, ok in rows if ok]
    if not waits:
        return None
    width = _round_up(waits[-1] / BINS)
    counts = [0] * (int(waits[-1] / width) + 1)
    for seconds in waits:
        counts[int(seconds / width)] += 1
    bins = tuple(
        Bin(low=round(n * width, 6), high=round((n + 1) * width, 6), count=count) for n, count in enumerate(counts)
    )
    return LiveStarts(
        median=quantile(waits, 50),
        p95=quantile(waits, 95),
        longest=waits[-1],
        failed=len(rows) - len(waits),
        bins=bins,
    )


def _round_up(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten: bins with edges that people can read. At least a millisecond."""
    power = 0.001
    while True:
        for factor in (1, 2, 5):
            if width <= factor * power:
                return factor * power
        power *= 10


def _cameras(evidence: Evidence, plan: Plan | None) -> tuple[CameraFigure, ...]:
    known = plan.by_id() if plan else {}
    rows = evidence.rows(
        "cameras",
        "select camera, gateway, frames_sent, recorded_once + duplicated as recorded, frames_sent - recorded as lost,"
        " missing_explained,"
        " coalesce(longest_gap_ms, 0),"
        " case when isfinite(time_error_p99_ms) then time_error_p99_ms end from evidence"
        " order by lost / greatest(frames_sent, 1) desc, frames_sent = 0 desc, 7 desc, 8 desc nulls first, camera",
    )
    return tuple(
        CameraFigure(
            camera=camera,
            ward=known[camera].ward if camera in known else "",
            site=known[camera].site if camera in known else "",
            gateway=gateway,
            sent=sent,
            recorded=recorded,
            missing=missing,
            explained=explained,
            longest_gap_ms=gap,
            time_error_ms=error,
        )
        for camera, gateway, sent, recorded, missing, explained, gap, error in rows
    )


def _findings(evidence: Evidence) -> tuple[FindingFigure, ...]:
    rows = evidence.rows(
        "findings", "select kind, count(distinct camera), sum(count) from evidence group by kind order by 3 desc, kind"
    )
    return tuple(FindingFigure(kind=kind, cameras=cameras, frames=int(frames)) for kind, cameras, frames in rows)
