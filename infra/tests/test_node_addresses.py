from __future__ import annotations

from ipaddress import IPv4Network

import pytest

from citycam.model.errors import ConfigError
from infra.node_addresses import camera_ranges

LAN = IPv4Network("198.18.0.0/16")


def test_a_node_has_the_range_of_its_number_whoever_else_there_is() -> None:
    assert camera_ranges(["node-1", "node-7", "site-1"], LAN) == {
        "node-1": "198.18.1.0/24",
        "node-7": "198.18.7.0/24",
        "site-1": "198.18.33.0/24",
    }
    assert camera_ranges(["node-7"], LAN) == {"node-7": "198.18.7.0/24"}


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["recorder"], "recorder ends with no number"),
        (["node-0"], "node-0 has no range"),
        (["node-64"], "node-64 has no range"),
        (["node-33", "site-1"], "node-33 and site-1 would share"),
        (["node-2", "edge-2"], "node-2 and edge-2 would share"),
    ],
)
def test_names_that_give_no_range_of_their_own_are_refused(names: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        camera_ranges(names, LAN)
