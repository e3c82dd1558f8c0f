"""Every planned camera was ready on its gateway at every sample of the recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from citycam.gates.criterion import CriterionResult, Unit, bounded, margin, named, share
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict

HOLE = 2.5
"""A pause between two samples of a gateway longer than this many of its usual intervals is a hole."""


@dataclass(frozen=True)
class Tally:
    """`seen`: camera → (samples, of them ready). `ticks`: gateway → times (ns) it was sampled at."""

    start_ns: int
    stop_ns: int
    planned: Mapping[str, str]
    seen: Sums
    ticks: Mapping[str, frozenset[int]]


class CamerasConnected:
    """Share of planned cameras that were ready throughout."""

    id = "cameras-connected"
    title = "Every camera stayed connected"
    fail_title = "Some cameras were not connected throughout"
    why = "A camera that the platform has lost sees nothing, and nobody is warned."
    how = (
        "Each gateway's own state of every planned camera, sampled by Prometheus during the whole recording. One sample"
        " that is not ready, or absent while others of the same gateway are there, counts against the camera."
    )
    unit = Unit.SHARE
    requires = ("plan.json", "marks.json", "evidence/metrics.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """Samples of each camera on its planned gateway, inside the window."""
        marks = evidence.marks()
        planned = evidence.plan().gateway_of()
        rows = evidence.rows(
            "metrics",
            "select camera, gateway, list(t_ns), count(*) filter (where value = 1) from evidence"
            " where metric = 'path_ready' and t_ns >= ? and t_ns < ? group by camera, gateway",
            marks.start_ns,
            marks.stop_ns,
        )
        mine = [row for row in rows if planned.get(row[0]) == row[1]]
        ticks: dict[str, frozenset[int]] = {}
        for _, gateway, times, _ in mine:
            ticks[gateway] = ticks.get(gateway, frozenset()) | frozenset(times)
        seen = {camera: (len(times), ready) for camera, _, times, ready in mine}
        return Tally(marks.start_ns, marks.stop_ns, planned, seen, ticks)

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras, or of another stretch of time."""
        gateways = a.ticks.keys() | b.ticks.keys()
        return Tally(
            min(a.start_ns, b.start_ns),
            max(a.stop_ns, b.stop_ns),
            {**a.planned, **b.planned},
            merge_sums(a.seen, b.seen),
            {name: a.ticks.get(name, frozenset()) | b.ticks.get(name, frozenset()) for name in gateways},
        )

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """A camera seen not ready counts against; one behind a hole in the samples is not known."""
        lost, unsure = [], []
        holes = {
            gateway: _hole(tally.ticks.get(gateway, frozenset()), tally.start_ns, tally.stop_ns)
            for gateway in set(tally.planned.values())
        }
        for camera, gateway in tally.planned.items():
            samples, ready = tally.seen.get(camera, (0, 0))
            if ready < len(tally.ticks.get(gateway, frozenset())):
                lost.append((samples and ready / samples, camera))
            elif holes[gateway]:
                unsure.append(camera)
        total = len(tally.planned)
        if not total:
            return CriterionResult(Verdict.UNKNOWN, why="the plan holds no camera")
        samples = sum(row[0] for row in tally.seen.values())
        if not samples:
            return CriterionResult(Verdict.UNKNOWN, why="no gateway reported the state of any camera")
        best, worst = share(total - len(lost), total), share(total - len(lost) - len(unsure), total)
        verdict = bounded(self.unit, worst, best, limit)
        measured = worst if verdict is Verdict.PASS else best
        blind = "; ".join(f"{gateway}: {hole}" for gateway, hole in sorted(holes.items()) if hole)
        parts = [f"{named(len(lost))} not ready at some sample"] if lost else []
        parts += [f"{named(len(unsure))} not observed all the time ({blind})"] if unsure else []
        return CriterionResult(
            verdict,
            None if verdict is Verdict.UNKNOWN else measured,
            None if verdict is Verdict.UNKNOWN else margin(self.unit, measured, limit),
            samples,
            "; ".join(parts),
            tuple(camera for _, camera in sorted(lost)) + tuple(sorted(unsure)),
        )


def _hole(ticks: frozenset[int], start_ns: int, stop_ns: int) -> str:
    """What is wrong with a gateway's sampling, or nothing."""
    if len(ticks) < 2:
        return "no samples" if not ticks else "one sample only"
    times = sorted(ticks)
    usual = median(later - earlier for earlier, later in pairwise(times))
    longest = max(later - earlier for earlier, later in pairwise([start_ns, *times, stop_ns]))
    return f"no samples for {longest / 1e9:.0f} s" if longest > HOLE * usual else ""


CRITERION = CamerasConnected()
