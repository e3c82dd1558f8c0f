"""Which node each gateway of an environment records on, and which takes it over when that one is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Homes:
    """Gateway → the node it belongs to, and gateway → its standby; there are no standbys where there is one node."""

    home: Mapping[str, str]
    standby: Mapping[str, str]

    def on(self, node: str) -> list[str]:
        """Gateways that may run on `node`: those at home there, then those that it is the standby of."""
        return [gateway for places in (self.home, self.standby) for gateway, place in places.items() if place == node]


def homes(gateways: Sequence[str], nodes: Sequence[str], kept: Mapping[str, str] | None = None) -> Homes:
    """A gateway's home is where it is `kept`, or else the node that has the fewest, the first of these.

    So without `kept` gateways go to nodes in turn and are spread evenly, and one gateway more moves no other; with it
    a node more moves none. The standbys of one node's gateways go round the others in turn.

    Raises:
        ValueError: there is no node, or a gateway is kept where none is.
    """
    if not nodes:
        raise ValueError("no node to record on")
    kept = kept or {}
    own: dict[str, list[str]] = {node: [] for node in nodes}
    for gateway in sorted(gateways, key=lambda name: name not in kept):
        node = kept.get(gateway) or min(nodes, key=lambda name: len(own[name]))
        if node not in own:
            raise ValueError(f"{gateway} is kept on {node}, where nothing is recorded")
        own[node].append(gateway)
    home = {gateway: node for node, those in own.items() for gateway in those}
    standby = {
        gateway: nodes[(place + 1 + turn % (len(nodes) - 1)) % len(nodes)]
        for place, node in enumerate(nodes)
        for turn, gateway in enumerate(own[node])
        if len(nodes) > 1
    }
    return Homes(*({gateway: found[gateway] for gateway in gateways if gateway in found} for found in (home, standby)))
