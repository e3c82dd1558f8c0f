"""The simulated cameras kept their own time: otherwise the platform was asked for less than it seems."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.gates.criterion import CriterionResult, Unit, margin
from citycam.gates.evidence import Evidence, ShardState
from citycam.model.verdict import Verdict

SATURATED = 0.9
"""Cores that a process of one thread may use on average, as those of simulated users may."""


@dataclass(frozen=True)
class Tally:
    """What each process of the fleet says of itself."""

    shards: frozenset[ShardState]


class FleetLateness:
    """Of the worst process of the fleet, the 99th percentile of how late frames left. Above it is unknown, never fail.

    A generator is not the platform: one that was saturated voids the run.
    """

    id = "fleet-lateness"
    title = "The simulated cameras sent on time"
    fail_title = "The simulated cameras did not send on time"
    why = "Cameras that cannot keep their own time ask less than real ones would, and so prove nothing of the platform."
    how = (
        "Each process of the fleet counts how long after its schedule every frame left. During the recording 99 of 100"
        " frames of each must leave within the limit, and none may use more than 90 % of a core."
    )
    unit = Unit.SECONDS
    requires = ("evidence/fleet.json",)

    def tally(self, evidence: Evidence) -> Tally:
        """All processes; they are the same whichever cameras are judged."""
        return Tally(frozenset(evidence.fleet().shards))

    def merge(self, a: Tally, b: Tally) -> Tally:
        """Of other processes, or of the same."""
        return Tally(a.shards | b.shards)

    def result(self, tally: Tally, limit: float) -> CriterionResult:
        """One process that was late, saturated or not counted is enough."""
        shards = sorted(tally.shards, key=lambda one: one.shard)
        known = [one.p99_s for one in shards if one.p99_s is not None]
        if not known:
            why = "; ".join(f"{one.shard}: {one.why}" for one in shards)
            return CriterionResult(Verdict.UNKNOWN, why=why or "no process of the fleet was counted")
        measured = max(known)
        wrong = [f"{one.shard}: {text}" for one in shards if (text := _complaint(one, limit))]
        return CriterionResult(
            Verdict.UNKNOWN if wrong else Verdict.PASS,
            measured,
            margin(self.unit, measured, limit),
            sum(one.frames for one in shards),
            "; ".join(wrong),
        )


def _complaint(shard: ShardState, limit: float) -> str:
    """Why a process voids the run, or nothing."""
    if shard.p99_s is None:
        return shard.why or "how late it was is not known"
    if shard.cores > SATURATED:
        return f"saturated, it used {shard.cores:.0%} of a core"
    return f"1 of 100 frames left more than {shard.p99_s * 1000:.0f} ms late" if shard.p99_s > limit else ""


CRITERION = FleetLateness()
