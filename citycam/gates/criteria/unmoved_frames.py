"""Cameras that no failover concerns lose nothing by it."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, named
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict


@dataclass(frozen=True)
class Tally:
    """`lost`: audited camera that one node alone recorded, or none → (frames lost or damaged)."""

    lost: Sums


class UnmovedFrames:
    """Frames lost of cameras that stayed where they were."""

    id = "unmoved-frames"
    title = "Cameras of other nodes lose no frame"
    fail_title = "Cameras of other nodes lost frames"
    why = "What happens to one node must not reach the cameras of another."
    how = (
        "A camera stayed when at most one node recorded it within the window. Frames that it sent and that no node"
        " recorded whole are lost."
    )
    unit = Unit.COUNT
    requires = ("marks.json", "evidence/audit/cameras.parquet", "evidence/audit/tenures.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """Frames lost of each camera that stayed."""
        moved = evidence.moved()
        lost = evidence.rows("cameras", "select camera, sum(missing + damaged) from evidence group by camera")
        return Tally({camera: (int(frames),) for camera, frames in lost if camera not in moved})

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras."""
        return Tally(merge_sums(a.lost, b.lost))

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Where every camera was moved there is nobody to ask."""
        if not tally.lost:
            return CriterionResult(Verdict.UNKNOWN, why="every camera was moved, or none was audited")
        measured = sum(frames for (frames,) in tally.lost.values())
        verdict, room = compared(self.unit, measured, limit)
        guilty = sorted(
            (one for one, (frames,) in tally.lost.items() if frames), key=lambda one: (-tally.lost[one][0], one)
        )
        why = f"of {named(len(guilty))}" if guilty else ""
        return CriterionResult(verdict, measured, room, len(tally.lost), why, tuple(guilty))


CRITERION = UnmovedFrames()
