"""How long a camera is without recording when another node takes it over."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, named
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict

MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Tally:
    """`gaps`: camera that more than one node recorded → (its longest gap in µs)."""

    gaps: Sums


class FailoverGap:
    """Longest gap of a camera that was moved from node to node."""

    id = "failover-gap"
    title = "Cameras of a lost node are soon recorded again"
    fail_title = "Cameras of a lost node stay unrecorded for too long"
    why = "A node may be lost at the worst moment; what its cameras see until another takes over is lost for ever."
    how = (
        "A camera was moved when more than one node recorded it within the window. Its longest gap, whatever its cause,"
        " is measured in frames of the camera's own clock."
    )
    unit = Unit.SECONDS
    requires = ("marks.json", "evidence/audit/cameras.parquet", "evidence/audit/tenures.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """The longest gap of each camera that was moved."""
        moved = evidence.moved()
        gaps = evidence.rows("cameras", "select camera, max(longest_gap_ms) from evidence group by camera")
        return Tally({camera: (round(length * 1000),) for camera, length in gaps if camera in moved})

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras."""
        return Tally(merge_sums(a.gaps, b.gaps))

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Where no camera was moved, no failover was measured."""
        if not tally.gaps:
            return CriterionResult(Verdict.UNKNOWN, why="no camera was moved from one node to another")
        seconds = {camera: length / MICROSECONDS for camera, (length,) in tally.gaps.items()}
        measured = max(seconds.values())
        verdict, room = compared(self.unit, measured, limit)
        late = sorted((one for one in seconds if seconds[one] > limit), key=lambda one: (-seconds[one], one))
        why = f"{named(len(late))} of {len(seconds):,} moved above the limit" if late else ""
        return CriterionResult(verdict, measured, room, len(seconds), why, tuple(late))


CRITERION = FailoverGap()
