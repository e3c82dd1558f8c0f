"""Gateways to nodes, with room left so that one node may be lost: then each of its gateways has its place elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycam.plan.placement import Full, place

MOST_NODES = 10_000


@dataclass(frozen=True)
class Nodes:
    """Gateway → its node, and gateway → the node that takes it when its own is lost.

    `names` are all nodes; `counts` how many of them stand once each phase is open.
    """

    homes: Mapping[str, str]
    standbys: Mapping[str, str]
    names: tuple[str, ...]
    counts: tuple[int, ...] = ()


def assign_nodes(
    phases: Sequence[Mapping[str, float]], *, spare: bool = True, kept: Mapping[str, str] | None = None
) -> Nodes:
    """Spread gateways over as few nodes as can lose any one (with `spare`), phase by phase.

    `phases` hold the gateways' shares of a node; `kept` is gateway → node of the plan in force, and stays.

    Raises:
        ValueError: a gateway is more than a node takes.
    """
    weights = {gateway: weight for phase in phases for gateway, weight in phase.items()}
    if weights and max(weights.values()) > 1:
        raise ValueError(f"a gateway takes {max(weights.values()):.1f} times what a node has")
    homes = {gateway: home for gateway, home in (kept or {}).items() if gateway in weights}
    nodes = Nodes({}, {}, ())
    counts: list[int] = []
    for phase in phases:
        nodes = _place({gateway: weights[gateway] for gateway in homes.keys() | phase.keys()}, homes, spare)
        homes = dict(nodes.homes)
        counts.append(len(nodes.names))
    return Nodes(nodes.homes, nodes.standbys, nodes.names, tuple(counts))


def _place(weights: Mapping[str, float], kept: Mapping[str, str], spare: bool) -> Nodes:
    if not weights:
        return Nodes({}, {}, ())
    first = math.ceil(math.fsum(weights.values()) - 1e-9) + spare
    for count in range(max(first, 1 + spare, *map(node_number, kept.values())), MOST_NODES):
        names = tuple(f"node-{number}" for number in range(1, count + 1))
        most = (count - 1) / count if spare else 1.0
        try:
            homes = place(weights, names, limit=most, most=most, kept=kept)
            return Nodes(homes, _standbys(weights, homes, names) if spare else {}, names)
        except Full:
            continue
    raise ValueError(f"{len(weights)} gateways do not fit on {MOST_NODES} nodes")


def node_number(name: str) -> int:
    """N of `node-N`."""
    return int(name.rpartition("-")[2])


def _standbys(weights: Mapping[str, float], homes: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """Where each gateway goes when its node is lost and all others stand. Raises Full when there is no room."""
    standbys: dict[str, str] = {}
    for lost in sorted(set(homes.values()), key=node_number):
        others = [name for name in names if name != lost]
        standing = {gateway: home for gateway, home in homes.items() if home != lost}
        moved = place(weights, others, limit=1.0, most=1.0, kept=standing)
        standbys |= {gateway: moved[gateway] for gateway, home in homes.items() if home == lost}
    return standbys
