"""A node comes to others that record: who moves, by plan alone."""

from __future__ import annotations

from ipaddress import IPv4Network

from citycam.cli.hosts_page import Part
from citycam.inventory.sample import sample_inventory
from citycam.model.figure import Bar, Figure
from citycam.plan.homes import homes
from citycam.plan.shards import assign

COMPUTED = (
    "computed, not recorded: six gateways on three nodes; then eight on four, with the plan in force followed and the "
    "environment saying where gateways are. A camera moves when its gateway or its gateway's node is another; needed "
    "are those that the added node then has."
)


def rebalance() -> Part:
    """A node with two gateways comes to three nodes with six: whoever moves, beside those that it takes."""
    gateways, nodes = _numbered("gateway", 8), _numbered("node", 4)
    old = homes(gateways[:6], nodes[:3]).home
    new = homes(gateways, nodes, old).home
    figures = []
    for count in (200, 2000, 10_000):
        cameras = sample_inventory(count, 7, IPv4Network("198.18.64.0/18"))
        before = {camera: name for name, ids in assign(cameras, gateways[:6]).items() for camera in ids}
        after = {camera: name for name, ids in assign(cameras, gateways, before).items() for camera in ids}
        moved = sum((name, old[name]) != (after[one], new[after[one]]) for one, name in before.items())
        needed = sum(new[name] == nodes[-1] for name in after.values())
        title = f"a node added: moves beyond those needed ({count:,} cameras, by plan)"
        figures.append(Figure(title, "%", (100 * (moved - needed) / needed,), Bar(2)))
    return Part(figures, note=f"rebalance: {COMPUTED}")


def _numbered(kind: str, count: int) -> list[str]:
    return [f"{kind}-{number}" for number in range(1, count + 1)]
