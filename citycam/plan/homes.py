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


def homes(gateways: Sequence[str], nodes: Sequence[str]) -> Homes:
    """Gateways to nodes in turn; the standbys of one node's gateways go round the others in turn.

    So gateways are spread evenly, and again when a node is lost; and one gateway more moves no other.

    Raises:
        ValueError: there is no node.
    """
    if not nodes:
        raise ValueError("no node to record on")
    count = len(nodes)
    home, standby = {}, {}
    for number, gateway in enumerate(gateways):
        turn, place = divmod(number, count)
        home[gateway] = nodes[place]
        if count > 1:
            standby[gateway] = nodes[(place + 1 + turn % (count - 1)) % count]
    return Homes(home, standby)
