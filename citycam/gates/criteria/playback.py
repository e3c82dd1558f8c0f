"""A sampled interval of every camera's archive plays back and shows the right frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, bounded, margin, named, share
from citycam.gates.evidence import Evidence
from citycam.gates.samples import Sums, merge_sums
from citycam.model.verdict import Verdict


@dataclass(frozen=True)
class Tally:
    """`probes`: camera → (clips asked for, of them right). `reasons`: camera → the first complaint."""

    planned: frozenset[str]
    probes: Sums
    reasons: Mapping[str, str]


class Playback:
    """Share of planned cameras whose archive plays back correctly."""

    id = "playback"
    title = "Recordings of every camera play back"
    fail_title = "Recordings of some cameras do not play back correctly"
    why = "An archive that cannot be played is not an archive."
    how = (
        "After the recording one clip of every camera is fetched over HTTPS through the edge, decoded, and the numbers"
        " in its frames are compared with those sent in that interval."
    )
    unit = Unit.SHARE
    requires = ("plan.json", "evidence/playback.parquet")

    def tally(self, evidence: Evidence) -> Tally:
        """The probes of each planned camera."""
        planned = frozenset(camera.id for camera in evidence.plan().cameras)
        rows = evidence.rows(
            "playback",
            "select camera, count(*), count(*) filter (where ok), coalesce(min(why) filter (where not ok), '')"
            " from evidence group by camera",
        )
        mine = [row for row in rows if row[0] in planned]
        return Tally(
            planned,
            {camera: (asked, right) for camera, asked, right, _ in mine},
            {camera: why for camera, asked, right, why in mine if right < asked},
        )

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other cameras, or other clips of the same."""
        reasons = {
            camera: min(text for text in (a.reasons.get(camera), b.reasons.get(camera)) if text is not None)
            for camera in a.reasons.keys() | b.reasons.keys()
        }
        return Tally(a.planned | b.planned, merge_sums(a.probes, b.probes), reasons)

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """A camera that was not probed is neither right nor wrong."""
        total, asked = len(tally.planned), sum(row[0] for row in tally.probes.values())
        if not asked:
            return CriterionResult(Verdict.UNKNOWN, why="no planned camera was played back")
        wrong = sorted(tally.reasons)
        unasked = sorted(tally.planned - tally.probes.keys())
        best, worst = share(total - len(wrong), total), share(total - len(wrong) - len(unasked), total)
        verdict = bounded(self.unit, worst, best, limit)
        measured = best if verdict is Verdict.FAIL else worst
        parts = (
            [f"{named(len(wrong))} failed, first {wrong[0]}: {tally.reasons[wrong[0]] or 'no reason'}"] if wrong else []
        )
        parts += [f"{named(len(unasked))} not played back"] if unasked else []
        room = None if verdict is Verdict.UNKNOWN else margin(self.unit, measured, limit)
        return CriterionResult(verdict, measured, room, asked, "; ".join(parts), (*wrong, *unasked))


CRITERION = Playback()
