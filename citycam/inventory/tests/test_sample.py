from ipaddress import IPv4Network

import pytest

from citycam.inventory.roster import load_inventory
from citycam.inventory.sample import sample_inventory
from citycam.model.workspace import PROJECT

LAN = IPv4Network("198.18.64.0/18")


def test_the_first_cameras_do_not_depend_on_the_number() -> None:
    assert sample_inventory(50, 7, LAN)[:10] == sample_inventory(10, 7, LAN)


@pytest.mark.parametrize("name", ["smoke", "pilot", "failover"])
def test_the_committed_inventories_are_what_the_generator_makes(name: str) -> None:
    committed = load_inventory(PROJECT / "inventories" / f"{name}.csv")
    assert committed == sample_inventory(len(committed), 7, LAN)


def test_too_small_a_network_is_refused() -> None:
    with pytest.raises(ValueError, match="more"):
        sample_inventory(300, 7, IPv4Network("198.18.64.0/24"))
