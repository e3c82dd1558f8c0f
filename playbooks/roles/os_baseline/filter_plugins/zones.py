"""What the zone table becomes in nftables' language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from typing import Any


def of_family(networks: Sequence[str], family: int) -> list[str]:
    """The networks and addresses of one family (4 or 6), each once.

    Raises:
        ValueError: one of them is none.
    """
    known = [ip_network(network, strict=False) for network in networks]
    return sorted({str(network) for network in known if network.version == family})


def zone_matches(zone: Mapping[str, Any]) -> list[str]:
    """One condition a way into the zone, each ending in a space: by interface, by source, or `""`, which is anybody."""
    interfaces = [f'iifname "{name}" ' for name in zone.get("interfaces", [])]
    networks = zone.get("networks", [])
    sources = [
        f"{word} saddr @{zone['name']}_{family} "
        for word, family in (("ip", 4), ("ip6", 6))
        if of_family(networks, family)
    ]
    limited = "interfaces" in zone or "networks" in zone
    return interfaces + sources if limited else [""]


class FilterModule:
    """Ansible's way of finding them."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        return {"of_family": of_family, "zone_matches": zone_matches}
