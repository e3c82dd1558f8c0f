"""How long a viewer waits for the first picture."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Samples, Sums, merge_samples, merge_sums, quantile
from citycam.model.errors import EvidenceMissing
from citycam.model.verdict import Verdict

PERCENT = 95


@dataclass(frozen=True)
class Tally:
    """`waits`: seconds of every view that started. `failed`: camera → (views that did not start,)."""

    waits: Samples
    failed: Sums


class LiveStartTime:
    """95th percentile from the wish to watch to the first complete picture; a view that fails fails the criterion."""

    id = "live-start-time"
    title = "Live pictures start quickly"
    fail_title = "Live pictures start too slowly, or not at all"
    why = "An operator who follows an incident cannot wait for a picture."
    how = (
        "Simulated viewers open cameras through the encrypted edge while everything records. Time runs from the"
        " intended start to the first complete key frame;"
        " 95 of 100 views must be at least this quick, and none may fail."
    )
    unit = Unit.SECONDS
    requires = ("evidence/requests.parquet",)

    def tally(self, evidence: Evidence) -> Tally:
        """All live requests."""
        rows = evidence.rows("requests", "select camera, ok, latency_ms / 1000 from evidence where kind = 'live'")
        waits = sorted(seconds for _, ok, seconds in rows if ok)
        if any(seconds != seconds for seconds in waits):  # noqa: PLR0124  NaN is the one number unlike itself
            raise EvidenceMissing("a live request that succeeded has no time", where="evidence/requests.parquet")
        failed: Sums = {}
        for camera, ok, _ in rows:
            failed = failed if ok else merge_sums(failed, {camera: (1,)})
        return Tally(tuple(waits), failed)

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other viewers or cameras."""
        return Tally(merge_samples(a.waits, b.waits), merge_sums(a.failed, b.failed))

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """No live request at all is unknown."""
        failures = sum(count for (count,) in tally.failed.values())
        samples = len(tally.waits) + failures
        if not samples:
            return CriterionResult(Verdict.UNKNOWN, why="nobody watched a live picture")
        cameras = tuple(sorted(tally.failed, key=lambda camera: (-tally.failed[camera][0], camera)))
        why = f"{failures:,} of {samples:,} live views failed" if failures else ""
        if not tally.waits:
            return CriterionResult(Verdict.FAIL, None, None, samples, why, cameras)
        measured = quantile(tally.waits, PERCENT)
        verdict, room = compared(self.unit, measured, limit)
        return CriterionResult(Verdict.FAIL if failures else verdict, measured, room, samples, why, cameras)


CRITERION = LiveStartTime()
