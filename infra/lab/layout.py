"""Which hosts a lab has, and what each is for: the groups of its Ansible inventory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from citycam.model.errors import ConfigError

MOST_NODES = 200
SITE = "site-1"
"""The camera site: a worker of the Swarm that carries simulated cameras and load."""

POOLS = ("recording", "edge", "database", "platform", "fleet", "load")
"""Groups of hosts by what runs there; the other two, `managers` and `workers`, are roles in the Swarm."""


@dataclass(frozen=True)
class Layout:
    """Hosts of a lab by group, in order."""

    groups: Mapping[str, tuple[str, ...]]

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host: `node-1`, …, `site-1`."""
        return self.groups["managers"] + self.groups["workers"]

    def groups_of(self, host: str) -> tuple[str, ...]:
        """The groups that a host is in."""
        return tuple(group for group, hosts in self.groups.items() if host in hosts)


def lay_out(nodes: int, managers: int | None = None) -> Layout:
    """The layout of a lab of so many nodes, its camera site not counted; the first of them are managers.

    Three managers if there are that many nodes, since two have no majority without each other. From five nodes on the
    last two carry edge and database and the others record; before that every node records. The platform (registry,
    monitoring, backups) is on the last node.

    Raises:
        ConfigError: less than one node, or more than a subnet holds; managers of an even number, or more than nodes.
    """
    if not 1 <= nodes <= MOST_NODES:
        raise ConfigError(f"a lab of {nodes} hosts cannot be", where="--hosts", next=f"name 1 to {MOST_NODES}")
    if managers is not None and not (1 <= managers <= nodes and managers % 2):
        raise ConfigError(
            f"a lab of {nodes} hosts cannot have {managers} managers",
            where="--managers",
            why="an even number bears no more losses than one less" if 1 <= managers <= nodes else "",
            next=f"name an odd number, 1 to {nodes}",
        )
    names = tuple(f"node-{number}" for number in range(1, nodes + 1))
    voting = names[: managers or (3 if nodes >= 3 else 1)]
    spread = nodes >= 5
    return Layout(
        {
            "managers": voting,
            "workers": (*names[len(voting) :], SITE),
            "recording": names[:-2] if spread else names,
            "edge": names[-2:],
            "database": names[-2:] if spread else names[:2],
            "platform": names[-1:],
            "fleet": (SITE,),
            "load": (SITE,),
        }
    )
