"""Who records which gateway's cameras, and when: kept as it happens, checked at the end of every run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise

from citycam.model.errors import CitycamError


@dataclass
class Stay:
    """A gateway on a node from `began` until `ended` (seconds; None while it runs)."""

    gateway: str
    node: str
    began: float
    ended: float | None = None


class Ownership:
    """The stays of all gateways."""

    def __init__(self, homes: Mapping[str, str]) -> None:
        self.stays: dict[str, list[Stay]] = {name: [Stay(name, node, 0.0)] for name, node in homes.items()}

    def begin(self, gateway: str, node: str, now: float) -> None:
        """The gateway runs on that node from now on."""
        self.stays[gateway].append(Stay(gateway, node, now))

    def end(self, gateway: str, node: str, now: float) -> None:
        """It no longer runs there."""
        for stay in self.stays[gateway]:
            if stay.node == node and stay.ended is None:
                stay.ended = now

    def on(self, node: str) -> list[str]:
        """Gateways that run on a node now, by name."""
        return sorted(
            name for name, stays in self.stays.items() if any(one.node == node and one.ended is None for one in stays)
        )

    def moves(self) -> dict[str, int]:
        """Gateway → how often it was put on another node than before."""
        return {
            name: sum(one.node != before.node for before, one in pairwise(stays)) for name, stays in self.stays.items()
        }

    def overlaps(self) -> dict[str, float]:
        """Gateway → seconds with two owners, of those that had two."""
        found: dict[str, float] = defaultdict(float)
        for name, stays in self.stays.items():
            for earlier, later in combinations(stays, 2):
                end = min(value for value in (earlier.ended, later.ended, float("inf")) if value is not None)
                if end > later.began:
                    found[name] += end - later.began
        return dict(found)


@dataclass(frozen=True)
class Rule:
    """What a run allows. Gateways of `lost` nodes and those that `failed` move once at most, others never.

    Two owners at once are allowed to the gateways in `overlapping`, for so many seconds. `allowed` are each gateway's
    two nodes. Those in `owed` must run at the end: somebody stood for them, and there was time.
    """

    lost: frozenset[str]
    allowed: Mapping[str, frozenset[str]]
    overlapping: Mapping[str, float]
    owed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()


def check_ownership(ownership: Ownership, rule: Rule) -> None:
    """Hold the invariant: re-assigned exactly once, by plan, and never two owners beyond the bound.

    Raises:
        CitycamError: it is broken, which is a bug of the mechanism or of the simulation.
    """
    broken = [*_breaches(ownership, rule)]
    if broken:
        raise CitycamError(
            f"exactly-once re-assignment is broken: {broken[0]}",
            where=", ".join(broken[1:4]),
            why="the simulated mechanism gave a gateway to more than one owner, or to a wrong one",
            next="report it with scenario and seed",
        )


def _breaches(ownership: Ownership, rule: Rule) -> Iterator[str]:
    for gateway, seconds in ownership.overlaps().items():
        bound = rule.overlapping.get(gateway, 0.0)
        if seconds > bound + 1e-9:
            yield f"{gateway} had two owners for {seconds:.1f} s, {bound:.1f} s are allowed"
    for gateway, moves in ownership.moves().items():
        stays = ownership.stays[gateway]
        most = 1 if stays[0].node in rule.lost or gateway in rule.failed else 0
        if moves > most:
            yield f"{gateway} was re-assigned {moves} times, not {most}"
        for stay in stays:
            if stay.node not in rule.allowed[gateway]:
                yield f"{gateway} ran on {stay.node}, which the plan does not name"
    for gateway in sorted(rule.owed):
        running = sum(stay.ended is None for stay in ownership.stays[gateway])
        if running != 1:
            yield f"{gateway} runs {running} times at the end, not once"
