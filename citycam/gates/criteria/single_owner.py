"""No camera is recorded by two nodes at once, beyond a bounded overlap."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, named
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Tally:
    """`overlaps`: camera whose recordings were found → (longest overlap of two nodes in µs)."""

    overlaps: Sums


class SingleOwner:
    """Longest time for which two nodes recorded the same camera."""

    id = "single-owner"
    title = "One node at a time records a camera"
    fail_title = "Two nodes recorded the same camera for too long"
    why = (
        "A camera recorded twice takes its uplink, a disk and a gateway twice, and leaves two archives that may differ."
    )
    how = (
        "Frames of the same number that two nodes recorded make an overlap; it lasts from the first of them to the"
        " last."
    )
    unit = Unit.SECONDS
    requires = ("marks.json", "evidence/audit/tenures.parquet", "evidence/audit/doubled.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """The longest overlap of each recorded camera."""
        recorded = evidence.rows("tenures", "select distinct camera from evidence")
        longest = dict(evidence.rows("doubled", "select camera, max(length_ms) from evidence group by camera"))
        return Tally({camera: (round(longest.get(camera, 0.0) * 1000),) for (camera,) in recorded})

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras."""
        return Tally(merge_sums(a.overlaps, b.overlaps))

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Nothing recorded is unknown."""
        if not tally.overlaps:
            return CriterionResult(Verdict.UNKNOWN, why="no camera was recorded")
        seconds = {camera: length / MICROSECONDS for camera, (length,) in tally.overlaps.items()}
        measured = max(seconds.values())
        verdict, room = compared(self.unit, measured, limit)
        twice = sorted((one for one in seconds if seconds[one]), key=lambda one: (-seconds[one], one))
        why = f"{named(len(twice))} recorded by two nodes at once" if twice else ""
        guilty = tuple(one for one in twice if seconds[one] > limit)
        return CriterionResult(verdict, measured, room, len(seconds), why, guilty)


CRITERION = SingleOwner()
