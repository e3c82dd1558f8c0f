"""No interruption of a recording without a known cause."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, named
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict


@dataclass(frozen=True)
class Tally:
    """`gaps`: audited planned camera → (gaps, of them unexplained). `unaudited`: planned, but not in the audit."""

    gaps: Sums
    unaudited: frozenset[str]


class UnexplainedGaps:
    """Number of gaps that neither the ledger nor a planned fault explains."""

    id = "unexplained-gaps"
    title = "No recording has an unexplained gap"
    fail_title = "Recordings have gaps that nothing explains"
    why = "A gap with a known cause can be planned for; one without a cause will come back."
    how = (
        "A gap is a run of missing frames of one camera. It is explained when the camera's own ledger says it did not"
        " send them, or a planned fault was active."
    )
    unit = Unit.COUNT
    requires = ("plan.json", "marks.json", "evidence/ledger.jsonl", "evidence/audit/cameras.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """Gaps of each planned camera."""
        planned = {camera.id for camera in evidence.plan().cameras}
        rows = evidence.rows("cameras", "select camera, sum(gaps), sum(unexplained_gaps) from evidence group by camera")
        gaps = {camera: (int(every), int(unexplained)) for camera, every, unexplained in rows if camera in planned}
        return Tally(gaps, frozenset(planned - gaps.keys()))

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras."""
        gaps = merge_sums(a.gaps, b.gaps)
        return Tally(gaps, (a.unaudited | b.unaudited) - gaps.keys())

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """A camera that was not audited is unknown unless the others already fail."""
        if not tally.gaps:
            return CriterionResult(Verdict.UNKNOWN, why="no planned camera was audited")
        explained = sum(every - unexplained for every, unexplained in tally.gaps.values())
        measured = sum(unexplained for _, unexplained in tally.gaps.values())
        verdict, room = compared(self.unit, measured, limit)
        guilty = sorted(
            (camera for camera, row in tally.gaps.items() if row[1]), key=lambda one: (-tally.gaps[one][1], one)
        )
        parts = [f"{named(len(guilty))} with unexplained gaps"] if guilty else []
        parts += [f"{explained:,} explained"] if explained else []
        if tally.unaudited:
            parts.append(f"{named(len(tally.unaudited))} not audited")
            verdict = Verdict.FAIL if verdict is Verdict.FAIL else Verdict.UNKNOWN
        cameras = (*guilty, *sorted(tally.unaudited))
        return CriterionResult(verdict, measured, room, len(tally.gaps), "; ".join(parts), cameras)


CRITERION = UnexplainedGaps()
