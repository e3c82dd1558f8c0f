"""One run: a layout, an event, a seed; afterwards the invariant is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from citycam.plan.outage.chance import Chance
from citycam.plan.outage.events import begin
from citycam.plan.outage.layout import Gateway, Layout
from citycam.plan.outage.ownership import Rule, check_ownership
from citycam.plan.outage.scenario import Scenario
from citycam.plan.outage.swarm import Swarm
from citycam.plan.outage.timings import Timings
from citycam.plan.outage.world import Gap, World


@dataclass(frozen=True)
class Run:
    """What a run found. Times in seconds from the event; a camera that is still `dark` has its gap up to the horizon.

    `calls` are calls of cameras in the busiest second, in all and by one node; `peak_load` the fullest node's share of
    its capacity; `found` node → when it was missed; `moved` and `overlaps` gateway → times and seconds.
    """

    gaps: Mapping[str, tuple[Gap, ...]]
    dark: frozenset[str]
    calls: int
    calls_of_node: int
    peak_load: float
    found: Mapping[str, float]
    moved: Mapping[str, int]
    overlaps: Mapping[str, float]


def simulate(
    scenario: Scenario, layout: Layout, timings: Timings, seed: int, mechanism: Callable[[World], Swarm] = Swarm
) -> Run:
    """Run a scenario. The same arguments give the same run, in whatever order cameras and gateways are listed.

    Raises:
        ConfigError: the scenario names what the layout does not have.
        CitycamError: a gateway was not re-assigned exactly once, or had two owners for longer than it may.
    """
    world = World(layout, timings, Chance(seed))
    begin(world, mechanism(world), scenario)
    world.env.run(until=scenario.horizon)
    allowed = {name: gateway.nodes for name, gateway in layout.gateways.items()}
    rule = Rule(
        lost=frozenset(world.lost),
        allowed=allowed,
        overlapping=world.overlapping,
        owed=_owed(world, scenario.horizon),
        failed=frozenset(world.failed),
    )
    check_ownership(world.ownership, rule)
    tally = world.tally
    gaps = {camera: list(found) for camera, found in tally.gaps.items()}
    dark = {camera: since for camera, since in tally.dark.items() if since < scenario.horizon}
    for camera, since in dark.items():
        gaps.setdefault(camera, []).append(Gap(since, scenario.horizon))
    seconds: dict[int, int] = {}
    for (second, _), count in tally.calls.items():
        seconds[second] = seconds.get(second, 0) + count
    return Run(
        gaps={camera: tuple(gaps[camera]) for camera in sorted(gaps)},
        dark=frozenset(dark),
        calls=max(seconds.values(), default=0),
        calls_of_node=max(tally.calls.values(), default=0),
        peak_load=max(tally.peak_load.values(), default=0.0),
        found=dict(tally.found),
        moved={name: count for name, count in world.ownership.moves().items() if count},
        overlaps=world.ownership.overlaps(),
    )


def _owed(world: World, horizon: float) -> frozenset[str]:
    """Gateways that must run at the end: all but those for which there was no node, or no time."""
    timings, gateways = world.timings, world.layout.gateways
    work = timings.swarm.restart_delay.value + len(gateways) * timings.placing + timings.gateway.start.value
    return frozenset(name for name, gateway in gateways.items() if _due(world, gateway, horizon) + work < horizon)


def _due(world: World, gateway: Gateway, never: float) -> float:
    """Since when a gateway should be running, but for the time that it takes to start it."""
    stopped = max(stay.ended or 0.0 for stay in world.ownership.stays[gateway.name])
    if gateway.home not in world.lost:
        return stopped
    return world.tally.found.get(gateway.home, never) if gateway.nodes - world.lost else never
