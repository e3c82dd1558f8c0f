"""Which gateways a node's labels let it run: failover of recording is Swarm's, within what the labels allow.

A gateway's service may run where the label `citycam.gateway.<gateway>` is `yes`. Its home is labelled first, so that it
starts there; its standby once it runs, so that Swarm starts it there when the home dies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

PREFIX = "citycam."
"""Labels that begin so are ours; others on a node are left alone."""
GATEWAY = "citycam.gateway."
NODE = "citycam.node"
POOL = "citycam.pool."
YES = "yes"


class Policy(StrEnum):
    """What labels are to bring about."""

    KEEP = "keep"
    """Nothing moves; a gateway that has no node yet gets its home."""
    PIN = "pin"
    """A gateway may run only where it runs now: an update does not move it."""
    HOME = "home"
    """A gateway whose home is ready may run only there: Swarm moves it."""
    GUARD = "guard"
    """A gateway that runs at home or standby may run at both: it survives either."""


@dataclass(frozen=True)
class Berth:
    """Where a gateway belongs; with one node there is no standby ("")."""

    gateway: str
    home: str
    standby: str = ""

    @property
    def both(self) -> frozenset[str]:
        """Home, and standby if there is one."""
        return frozenset({self.home, self.standby} - {""})


@dataclass(frozen=True)
class Swarm:
    """What the Swarm says: labels of each node, which nodes are ready, and where each gateway's task runs.

    `running` has "" for a gateway whose service exists and runs nowhere, and no entry where there is no service.
    """

    labels: Mapping[str, Mapping[str, str]]
    ready: frozenset[str] = frozenset()
    running: Mapping[str, str] = field(default_factory=dict)

    def labelled(self, gateway: str) -> frozenset[str]:
        """Nodes that may run the gateway now."""
        key = GATEWAY + gateway
        return frozenset(node for node, labels in self.labels.items() if labels.get(key) == YES)


@dataclass(frozen=True)
class Relabel:
    """What to set and what to take off a node."""

    set: Mapping[str, str]
    unset: Sequence[str]


def nodes_for(berth: Berth, swarm: Swarm, policy: Policy) -> frozenset[str]:
    """The nodes that carry the gateway's label under a policy."""
    here, now = swarm.running.get(berth.gateway), swarm.labelled(berth.gateway)
    kept = now or frozenset({berth.home})
    match policy:
        case Policy.KEEP:
            return kept
        case Policy.PIN:
            return frozenset({here}) if here else kept
        case Policy.HOME:
            return frozenset({berth.home}) if here != berth.home and berth.home in swarm.ready else kept
        case Policy.GUARD:
            if here is None:
                return kept
            return berth.both if here in berth.both or not here else frozenset({here})


def relabel(node: str, pools: Sequence[str], berths: Sequence[Berth], swarm: Swarm, policy: Policy) -> Relabel:
    """The labels of one node, so that every gateway has the nodes that `nodes_for` gives it."""
    wanted = {NODE: node} | {POOL + pool: YES for pool in pools}
    wanted |= {GATEWAY + berth.gateway: YES for berth in berths if node in nodes_for(berth, swarm, policy)}
    present = swarm.labels.get(node, {})
    return Relabel(wanted, sorted(key for key in present if key.startswith(PREFIX) and key not in wanted))


def away(berths: Sequence[Berth], swarm: Swarm) -> list[str]:
    """Gateways that run, or wait to, elsewhere than at a home that is ready: those that `recover` moves."""
    return [
        berth.gateway
        for berth in berths
        if berth.home in swarm.ready and swarm.running.get(berth.gateway, berth.home) != berth.home
    ]
