"""Addresses of a lab: two subnets of its own, and each host's place in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from citycam.model.errors import EnvironmentFailure

RANGE = IPv4Network("100.127.0.0/16")
"""Out of the shared address space (RFC 6598): neither a company's nor the ones that Docker and Swarm hand out."""


@dataclass(frozen=True)
class Subnets:
    """Two /24: `admin`, by which Ansible comes and the internet is reached, and `cameras`.

    `cameras` is bookkeeping: the engine wants a bridge to have a subnet. The camera LAN itself, of whatever subnet the
    environment says, is made on top of the bridge by macvlan.
    """

    admin: IPv4Network
    cameras: IPv4Network

    def address(self, host: int) -> IPv4Address:
        """Address of a host in `admin`, by its place in the layout, from 0; .1 is the machine that carries the lab."""
        return self.admin[10 + host]

    def camera_address(self, host: int) -> IPv4Address:
        """Address of a host in `cameras`."""
        return self.cameras[10 + host]


def free(taken: Iterable[IPv4Network], range: IPv4Network = RANGE) -> Iterator[Subnets]:
    """Pairs of subnets in `range` that overlap nothing that is taken, lowest first."""
    known = [each for each in taken if each.overlaps(range)]
    for pair in range.subnets(new_prefix=23):
        if not any(pair.overlaps(each) for each in known):
            admin, cameras = pair.subnets(new_prefix=24)
            yield Subnets(admin, cameras)


def routed(table: str) -> list[IPv4Network]:
    """Subnets that a machine has routes to, out of /proc/net/route (proc(5)); the default route is none of them."""
    found = []
    for line in table.splitlines()[1:]:
        fields = line.split()
        destination, mask = (int.from_bytes(bytes.fromhex(fields[column]), "little") for column in (1, 7))
        if mask:
            found.append(IPv4Network((destination, mask.bit_count()), strict=False))
    return found


def none_left(range: IPv4Network = RANGE) -> EnvironmentFailure:
    """The error for a range in which nothing is free."""
    return EnvironmentFailure(
        f"no two free subnets are left in {range}",
        where="docker",
        why="networks of the engine and routes of this machine take them all",
        next="take labs down that nobody needs: citycam lab down --name NAME",
    )
