"""Which addresses of the camera LAN a node gives to its own containers: no two nodes ever the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv4Network

from citycam.model.errors import ConfigError

SITES = 32
"""Camera sites are counted from here, so that `site-1` and `node-1` differ."""


def camera_ranges(names: Sequence[str], camera_lan: IPv4Network) -> dict[str, str]:
    """Node → a /24 in the first quarter of the camera LAN, by the number its name ends with.

    By its name, not by its place in a list: a node that leaves changes nothing for those that stay. The first /24 is
    that of one machine alone.

    Raises:
        ConfigError: a name ends with no number, two nodes have the same, or it is too high.
    """
    quarter = next(camera_lan.subnets(prefixlen_diff=2))
    ranges = list(quarter.subnets(new_prefix=24))
    found: dict[str, str] = {}
    for name in names:
        number = re.search(r"[0-9]+$", name)
        if number is None:
            raise ConfigError(f"{name} ends with no number", where="nodes", next="call nodes node-1, node-2, …")
        place = int(number.group()) + (SITES if name.startswith("site-") else 0)
        if not 0 < place < len(ranges):
            raise ConfigError(
                f"{name} has no range of addresses on the camera LAN",
                where="nodes",
                why=f"{quarter} has {len(ranges)} ranges",
                next="give the node a lower number, or the environment a larger camera LAN",
            )
        taken = str(ranges[place])
        if twin := next((other for other, net in found.items() if net == taken), None):
            raise ConfigError(f"{twin} and {name} would share addresses on the camera LAN", where="nodes")
        found[name] = taken
    return found
