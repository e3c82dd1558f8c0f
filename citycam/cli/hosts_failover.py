"""A node is lost to the others while all record: its power, or its network. What that costs, in figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from citycam.cli.fleet_bench import tell
from citycam.cli.hosts_page import Part
from citycam.cli.hosts_place import RUNS, Place
from citycam.cli.lab_run import (
    Event,
    Recorded,
    cut_network,
    cut_power,
    give_network,
    give_power,
    leader,
    record_while,
)
from citycam.evidence.failover import Failover
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import PROJECT
from citycam.plan.outage.timings import timings

CUT_AT_S = 20.0
CUT_S = (15, 60)
"""For which a node is cut off: for less and for more than the lease for which it may go on (role `quorum_watch`)."""
LEASE_S = timings().watch.lease.value


def killed(at: Place, runs: int) -> Part:
    """A manager that does not lead loses power."""
    return _failover(at, "a manager killed", lambda environment: _followers(environment)[-1], runs)


def leader_killed(at: Place, runs: int) -> Part:
    """The manager that leads the Swarm loses power."""
    return _failover(at, "the Swarm's leader killed", lambda environment: leader(environment, PROJECT), runs)


def leader_apart(at: Place, runs: int) -> Part:
    """The manager that leads the Swarm loses power and records nothing: `citycam lab up --managers 5`, `recover`."""
    title = "a leader that records nothing killed"

    def choose(environment: Environment) -> str:
        leads = leader(environment, PROJECT)
        if environment.nodes and leads in environment.nodes.pools.recording:
            raise EnvironmentFailure(
                f"{leads} leads the Swarm and records", next="a lab of five managers; then recover"
            )
        return leads

    costs = _costs(at, title, choose, lambda node: [cut_power(at.lab, node), give_power(at.lab, node)], runs)
    return Part(
        [
            Figure(f"{title}: cameras moved", "cameras", _each(costs, lambda cost: len(cost.moved)), Bar(0)),
            Figure(f"{title}: frames lost by all cameras", "frames", _each(costs, lambda cost: cost.lost), Bar(0)),
        ]
    )


def _failover(at: Place, title: str, choose: Callable[[Environment], str], runs: int) -> Part:
    costs = _costs(at, title, choose, lambda node: [cut_power(at.lab, node), give_power(at.lab, node)], runs)
    moved = _moved(title, costs)
    once = _each(costs, lambda cost: 100 * sum(one.once for one in cost.moved) / len(cost.moved))
    return Part(
        [
            *moved,
            Figure(f"{title}: longest gap of a moved camera", "s", _each(costs, lambda cost: cost.gap_s), Bar(20)),
            Figure(f"{title}: moved cameras re-assigned exactly once", "%", once, Bar(100, better="more")),
            Figure(f"{title}: longest overlap of two nodes", "s", _each(costs, lambda cost: cost.overlap_s)),
        ],
        _gaps(title, costs),
    )


def cut(at: Place, runs: int) -> Part:
    """A manager that does not lead is cut off and goes on recording: two own its cameras, for less than its lease."""
    parts = [_cut(at, seconds, runs) for seconds in CUT_S]
    gaps = {title: found for part in parts for title, found in part.gaps.items()}
    return Part([figure for part in parts for figure in part.figures], gaps)


def _cut(at: Place, seconds: int, runs: int) -> Part:
    title = f"a manager cut off for {seconds} s"

    def happens(node: str) -> list[Event]:
        return [cut_network(at.lab, node, CUT_AT_S), give_network(at.lab, node, CUT_AT_S + seconds)]

    costs = _costs(at, title, lambda environment: _followers(environment)[-1], happens, runs)
    lost = _each(costs, lambda cost: sum(one.lost for one in cost.moved))
    overlap = _each(costs, lambda cost: cost.overlap_s)
    return Part(
        [
            *_moved(title, costs),
            Figure(f"{title}: frames lost by moved cameras", "frames", lost),
            Figure(f"{title}: longest overlap of two nodes", "s", overlap, Bar(LEASE_S)),
        ],
        _gaps(title, costs),
    )


def _costs(
    at: Place,
    title: str,
    choose: Callable[[Environment], str],
    happens: Callable[[str], list[Event]],
    runs: int,
) -> list[Failover]:
    """What it costs that something happens to a node while all record; gateways are brought home after each run."""
    found: list[Recorded] = []
    for _ in range(runs):
        node = choose(at.environment)
        tell(f"{title}: {node}")
        found.append(record_while(at.campaign(), happens(node), RUNS))
        at.answer("hosts", "recover")
    return [one.failover for one in found]


def _moved(title: str, costs: Sequence[Failover]) -> list[Figure]:
    """How many were moved, and what the others lost.

    Raises:
        EnvironmentFailure: no camera was moved.
    """
    if not all(cost.moved for cost in costs):
        raise EnvironmentFailure(f"{title}: no camera was moved", where=str(RUNS))
    return [
        Figure(f"{title}: cameras moved", "cameras", _each(costs, lambda cost: len(cost.moved))),
        Figure(f"{title}: frames lost elsewhere", "frames", _each(costs, lambda cost: cost.lost_elsewhere), Bar(0)),
    ]


def _gaps(title: str, costs: Sequence[Failover]) -> dict[str, list[float]]:
    return {title: [one.gap_s for cost in costs for one in cost.moved]}


def _each(costs: Sequence[Failover], value: Callable[[Failover], float]) -> tuple[float, ...]:
    return tuple(float(value(cost)) for cost in costs)


def _followers(environment: Environment) -> list[str]:
    """Those that record and do not lead."""
    leads = leader(environment, PROJECT)
    return [name for name in (environment.nodes.pools.recording if environment.nodes else []) if name != leads]
