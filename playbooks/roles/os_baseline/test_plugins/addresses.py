"""Where an address lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network


def address_within(address: str, networks: Sequence[str]) -> bool:
    """Whether one of the networks holds the address; IPv4 within IPv6 counts as IPv4.

    Raises:
        ValueError: one of them is none.
    """
    here = ip_address(address.partition("%")[0])
    if isinstance(here, IPv6Address) and here.ipv4_mapped:
        here = here.ipv4_mapped
    return any(here in ip_network(network, strict=False) for network in networks)


class TestModule:
    """Ansible's way of finding it."""

    def tests(self) -> dict[str, Callable[..., bool]]:
        """The tests by name."""
        return {"address_within": address_within}
