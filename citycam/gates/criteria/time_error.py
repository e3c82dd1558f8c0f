"""The time in a file's name is the time in its pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, bounded, margin, named
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Samples, merge_samples, quantile
from citycam.model.verdict import Verdict

PERCENT = 99


@dataclass(frozen=True)
class Tally:
    """`errors`: |seconds| of every segment, infinite where it could not be measured. `worst`: camera → its largest."""

    errors: Samples
    worst: tuple[tuple[str, float], ...]


class TimeError:
    """99th percentile of the absolute difference between file name and first frame."""

    id = "time-error"
    title = "Recordings carry the right time"
    fail_title = "Recordings carry a wrong time"
    why = "Evidence with a wrong time is contested, and cannot be put beside another camera's."
    how = (
        "The time in the name of every recorded file is compared with the time its first frame was due at the camera;"
        " 99 of 100 files must be at least this close."
    )
    unit = Unit.SECONDS
    requires = ("marks.json", "evidence/audit/segments.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """Every segment that reaches into the window; one without a readable frame stands where its name says."""
        marks = evidence.marks()
        rows = evidence.rows(
            "segments",
            "select camera, abs(time_error_ms) / 1000, coalesce(nullif(first_scheduled_ns, -1), file_time_ns) as began"
            " from evidence where began < ? and began + duration_ms * 1000000 >= ?",
            marks.stop_ns,
            marks.start_ns,
        )
        worst: dict[str, float] = {}
        errors = []
        for camera, found, _ in rows:
            seconds = found if found is not None and math.isfinite(found) else math.inf
            errors.append(seconds)
            worst[camera] = max(seconds, worst.get(camera, 0.0))
        return Tally(tuple(sorted(errors)), tuple(sorted(worst.items())))

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras or segments."""
        worst = dict(a.worst)
        for camera, seconds in b.worst:
            worst[camera] = max(seconds, worst.get(camera, 0.0))
        return Tally(merge_samples(a.errors, b.errors), tuple(sorted(worst.items())))

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Segments without a readable time are counted as any error at all: certain only if they cannot matter."""
        known = [seconds for seconds in tally.errors if math.isfinite(seconds)]
        if not known:
            return CriterionResult(Verdict.UNKNOWN, why="no segment has a readable time")
        blind = len(tally.errors) - len(known)
        best = quantile([0.0] * blind + known, PERCENT)
        verdict = bounded(self.unit, quantile(tally.errors, PERCENT), best, limit)
        measured = quantile(known, PERCENT)
        late = [item for item in tally.worst if item[1] > limit]
        parts = [f"{named(len(late))} above the limit"] if late else []
        parts += [f"{blind:,} of {len(tally.errors):,} segments without a readable time"] if blind else []
        cameras = tuple(camera for camera, _ in sorted(late, key=lambda item: (-item[1], item[0])))
        room = None if verdict is Verdict.UNKNOWN else margin(self.unit, measured, limit)
        return CriterionResult(verdict, measured, room, len(known), "; ".join(parts), cameras)


CRITERION = TimeError()
