"""The simulated city while it runs: who is alive, who records what, who queues where, and what was lost so far."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import simpy

from citycam.plan.outage.chance import Chance
from citycam.plan.outage.layout import Camera, Layout
from citycam.plan.outage.ownership import Ownership
from citycam.plan.outage.timings import Timings
from citycam.plan.outage.waiting import Queue


@dataclass(frozen=True)
class Gap:
    """Pictures that a camera made from `began` to `ended` (seconds) and nobody recorded."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.ended - self.began


@dataclass
class Tally:
    """What a run counts. `found` is node → when the managers missed it; `calls` counts by second and node."""

    gaps: dict[str, list[Gap]] = field(default_factory=dict)
    dark: dict[str, float] = field(default_factory=dict)
    calls: Counter[tuple[int, str]] = field(default_factory=Counter)
    peak_load: dict[str, float] = field(default_factory=dict)
    found: dict[str, float] = field(default_factory=dict)


class World:
    """State of a run. The event happens at 0 seconds."""

    def __init__(self, layout: Layout, timings: Timings, chance: Chance) -> None:
        self.env = simpy.Environment()
        self.layout = layout
        self.timings = timings
        self.chance = chance
        self.cameras = layout.cameras_of()
        self.ownership = Ownership({name: one.home for name, one in sorted(layout.gateways.items())})
        self.alive = set(layout.nodes)
        self.returned = {name: self.env.event() for name in layout.nodes}
        self.outages: dict[str, Sequence[tuple[float, float]]] = {}
        self.overlapping: dict[str, float] = {}
        self.lost: set[str] = set()
        self.failed: set[str] = set()
        self.heard: set[str] = set()
        self.tally = Tally()
        self.orchestrator = Queue(1)
        self._setup = {name: Queue(layout.setup_cores) for name in layout.nodes}
        self._ingress = {name: Queue(1) for name in layout.nodes}
        self._lines = {site: Queue(1) for site in layout.lines}
        self._load: dict[str, float] = defaultdict(float)
        for _, gateway in sorted(layout.gateways.items()):
            self._loaded(gateway.home, gateway.weight)

    def setup(self, node: str) -> Queue:
        """The cores of a node that set connections up."""
        return self._setup[node]

    def line(self, site: str) -> tuple[Queue, int] | None:
        """The line of a site and its bits per second; None when none is declared."""
        return (self._lines[site], self.layout.lines[site]) if site in self._lines else None

    def ingress(self, node: str) -> tuple[Queue, int]:
        """The network of a node and its bits per second."""
        return self._ingress[node], self.layout.ingress

    def took(self, gateway: str, node: str) -> None:
        """The gateway runs on that node from now on."""
        self.ownership.begin(gateway, node, self.env.now)
        self._loaded(node, self.layout.gateways[gateway].weight)

    def left(self, gateway: str, node: str) -> None:
        """It no longer does."""
        self.ownership.end(gateway, node, self.env.now)
        self._load[node] -= self.layout.gateways[gateway].weight

    def called(self, node: str) -> None:
        """A gateway on that node calls a camera."""
        self.tally.calls[int(self.env.now), node] += 1

    def darkened(self, camera: Camera, since: float) -> None:
        """The camera is not recorded since then."""
        self.tally.dark.setdefault(camera.id, since)

    def recorded(self, camera: Camera) -> None:
        """It is again."""
        self.heard.add(camera.id)
        since = self.tally.dark.pop(camera.id, None)
        if since is not None and self.env.now > since:
            self.tally.gaps.setdefault(camera.id, []).append(Gap(since, self.env.now))

    def reachable(self, camera: Camera, at: float) -> float:
        """When the camera can be reached, from `at` on."""
        for down, up in self.outages.get(camera.id, ()):
            if down <= at < up:
                at = up
        return at

    def single_session(self, camera: Camera) -> bool:
        """Whether it takes one session only."""
        return self.chance.share("sessions", camera.id) < self.timings.camera.single_session.value

    def _loaded(self, node: str, weight: float) -> None:
        self._load[node] += weight
        self.tally.peak_load[node] = max(self.tally.peak_load.get(node, 0.0), self._load[node])
