"""The zone table's own words, without a host."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

ROLE = Path(__file__).parents[1] / "roles" / "os_baseline"
FILTERS: dict[str, Any] = runpy.run_path(str(ROLE / "filter_plugins" / "zones.py"))["FilterModule"]().filters()
TESTS: dict[str, Any] = runpy.run_path(str(ROLE / "test_plugins" / "addresses.py"))["TestModule"]().tests()
of_family, zone_matches, address_within = FILTERS["of_family"], FILTERS["zone_matches"], TESTS["address_within"]


def test_networks_are_told_apart_by_family_and_each_is_named_once() -> None:
    networks = ["10.0.0.7", "2001:db8::/32", "10.0.0.7/32", "192.168.1.9/24"]
    assert of_family(networks, 4) == ["10.0.0.7/32", "192.168.1.0/24"]
    assert of_family(networks, 6) == ["2001:db8::/32"]
    with pytest.raises(ValueError, match="node-1"):
        of_family(["node-1"], 4)


def test_a_zone_is_entered_by_its_interfaces_and_networks_or_by_anybody() -> None:
    assert zone_matches({"name": "camera", "interfaces": ["eth1"]}) == ['iifname "eth1" ']
    assert zone_matches({"name": "operator", "networks": ["10.0.0.0/8", "::1"]}) == [
        "ip saddr @operator_4 ",
        "ip6 saddr @operator_6 ",
    ]
    assert zone_matches({"name": "user"}) == [""]


def test_a_zone_whose_list_is_empty_lets_nobody_in() -> None:
    assert zone_matches({"name": "camera", "interfaces": []}) == []
    assert zone_matches({"name": "operator", "networks": []}) == []


@pytest.mark.parametrize(
    ("address", "within"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("11.0.0.1", False),
        ("fe80::1%eth0", True),
        ("2001:db8::1", False),
    ],
)
def test_where_an_address_lies(address: str, within: bool) -> None:
    assert address_within(address, ["10.0.0.0/8", "fe80::/10"]) is within
