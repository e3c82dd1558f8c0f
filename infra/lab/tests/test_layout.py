from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import ConfigError
from infra.lab.layout import MOST_NODES, POOLS, lay_out


def test_five_nodes_three_manage_and_record_two_serve() -> None:
    assert dict(lay_out(5).groups) == {
        "managers": ("node-1", "node-2", "node-3"),
        "workers": ("node-4", "node-5", "site-1"),
        "recording": ("node-1", "node-2", "node-3"),
        "edge": ("node-4", "node-5"),
        "database": ("node-4", "node-5"),
        "platform": ("node-5",),
        "fleet": ("site-1",),
        "load": ("site-1",),
    }


def test_three_nodes_do_everything() -> None:
    groups = lay_out(3).groups
    assert groups["managers"] == groups["recording"] == ("node-1", "node-2", "node-3")
    assert (groups["edge"], groups["database"]) == (("node-2", "node-3"), ("node-1", "node-2"))
    assert (groups["platform"], groups["workers"]) == (("node-3",), ("site-1",))


def test_five_managers_of_which_three_record() -> None:
    groups = lay_out(5, 5).groups
    assert groups["managers"] == ("node-1", "node-2", "node-3", "node-4", "node-5")
    assert (groups["workers"], groups["recording"]) == (("site-1",), ("node-1", "node-2", "node-3"))


@pytest.mark.parametrize("managers", [0, -1, 2, 4, 7])
def test_managers_are_of_an_odd_number_and_not_more_than_nodes(managers: int) -> None:
    with pytest.raises(ConfigError, match="managers"):
        lay_out(5, managers)


def test_one_node_is_everything() -> None:
    assert lay_out(1).groups_of("node-1") == ("managers", "recording", "edge", "database", "platform")
    assert lay_out(1).groups_of("site-1") == ("workers", "fleet", "load")


@given(st.integers(1, MOST_NODES))
def test_every_host_has_one_role_in_the_swarm_and_every_pool_a_host(nodes: int) -> None:
    layout = lay_out(nodes)
    assert sorted(layout.hosts) == sorted([*(f"node-{number + 1}" for number in range(nodes)), "site-1"])
    assert len(layout.groups["managers"]) % 2 == 1
    assert all(layout.groups[pool] for pool in POOLS)
    assert all(layout.groups_of(host) for host in layout.hosts)
    if nodes > 1:
        assert len(layout.groups["edge"]) == len(layout.groups["database"]) == 2


@pytest.mark.parametrize("nodes", [0, -1, MOST_NODES + 1])
def test_a_lab_has_hosts_and_not_more_than_its_subnet(nodes: int) -> None:
    with pytest.raises(ConfigError, match="cannot be"):
        lay_out(nodes)
