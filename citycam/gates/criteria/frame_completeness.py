"""Of all frames that cameras sent, how many are in the archive."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, compared, named, share
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict


@dataclass(frozen=True)
class Tally:
    """`frames`: camera → (sent, recorded once or more). `silent`: planned cameras the audit has no sent frame of."""

    frames: Sums
    silent: frozenset[str]


class FrameCompleteness:
    """Share of sent frames that are recorded, once or more."""

    id = "frame-completeness"
    title = "The archive holds every frame that was sent"
    fail_title = "Frames that were sent are missing from the archive"
    why = "A missing frame may be the one that shows what happened."
    how = (
        "Every frame carries its camera, number and time. The archive audit reads all recorded files back and looks for"
        " each frame that the fleet's ledger says was sent inside the recording window. A damaged"
        " frame counts as missing."
    )
    unit = Unit.SHARE
    requires = ("plan.json", "marks.json", "evidence/ledger.jsonl", "evidence/audit/cameras.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """Frames sent and recorded of each planned camera."""
        planned = {camera.id for camera in evidence.plan().cameras}
        rows = evidence.rows(
            "cameras", "select camera, sum(frames_sent), sum(recorded_once + duplicated) from evidence group by camera"
        )
        frames = {camera: (int(sent), int(recorded)) for camera, sent, recorded in rows if camera in planned and sent}
        return Tally(frames, frozenset(planned - frames.keys()))

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras."""
        frames = merge_sums(a.frames, b.frames)
        return Tally(frames, (a.silent | b.silent) - frames.keys())

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """Nothing sent is unknown; a camera that sent nothing is unknown unless the others already fail."""
        sent = sum(row[0] for row in tally.frames.values())
        recorded = sum(row[1] for row in tally.frames.values())
        if not sent:
            return CriterionResult(Verdict.UNKNOWN, why="no frame was sent", cameras=tuple(sorted(tally.silent)))
        measured = share(recorded, sent)
        verdict, room = compared(self.unit, measured, limit)
        guilty = sorted(
            (camera for camera, row in tally.frames.items() if row[1] < row[0]),
            key=lambda camera: (tally.frames[camera][1] / tally.frames[camera][0], camera),
        )
        parts = (
            [f"{sent - recorded:,} of {sent:,} frames missing or damaged, of {named(len(guilty))}"] if guilty else []
        )
        if tally.silent:
            parts.append(f"no frame sent by {named(len(tally.silent))}")
            verdict = Verdict.FAIL if verdict is Verdict.FAIL else Verdict.UNKNOWN
        return CriterionResult(verdict, measured, room, sent, "; ".join(parts), (*guilty, *sorted(tally.silent)))


CRITERION = FrameCompleteness()
