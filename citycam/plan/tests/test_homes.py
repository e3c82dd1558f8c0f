from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.homes import homes

counts = st.integers(0, 200)
nodes = st.integers(1, 12).map(lambda count: [f"node-{number}" for number in range(1, count + 1)])


def gateways(count: int) -> list[str]:
    return [f"gateway-{number}" for number in range(1, count + 1)]


def test_six_gateways_on_three_nodes() -> None:
    found = homes(gateways(6), ["node-1", "node-2", "node-3"])
    assert found.home == {
        "gateway-1": "node-1",
        "gateway-2": "node-2",
        "gateway-3": "node-3",
        "gateway-4": "node-1",
        "gateway-5": "node-2",
        "gateway-6": "node-3",
    }
    assert (found.standby["gateway-1"], found.standby["gateway-4"]) == ("node-2", "node-3")
    assert found.on("node-1") == ["gateway-1", "gateway-4", "gateway-3", "gateway-5"]


@given(counts, nodes)
def test_every_gateway_has_a_home_and_its_standby_is_another_node(count: int, names: list[str]) -> None:
    found = homes(gateways(count), names)
    assert list(found.home) == gateways(count)
    assert set(found.standby) == (set(found.home) if len(names) > 1 else set())
    assert all(found.standby[gateway] != found.home[gateway] for gateway in found.standby)
    assert set(found.home.values()) | set(found.standby.values()) <= set(names)


@given(counts, nodes)
def test_homes_are_even_and_the_gateways_of_a_lost_node_are_spread_evenly_over_all_others(
    count: int, names: list[str]
) -> None:
    found = homes(gateways(count), names)
    carried = Counter(dict.fromkeys(names, 0)) + Counter(found.home.values())
    assert max(carried.values(), default=0) - min((carried[name] for name in names), default=0) <= 1
    for lost in names:
        moved = Counter(
            found.standby[gateway] for gateway, home in found.home.items() if home == lost and found.standby
        )
        others = [moved[name] for name in names if name != lost]
        assert max(others, default=0) - min(others, default=0) <= 1


@given(counts, nodes)
def test_one_gateway_more_moves_no_other(count: int, names: list[str]) -> None:
    before, after = homes(gateways(count), names), homes(gateways(count + 1), names)
    assert before.home.items() <= after.home.items()
    assert before.standby.items() <= after.standby.items()


@given(counts, nodes, st.integers(0, 12), st.integers(0, 3))
def test_a_node_more_moves_no_gateway_and_takes_the_new_ones(
    count: int, names: list[str], more: int, added: int
) -> None:
    before = homes(gateways(count), names).home
    grown = [*names, *(f"added-{number}" for number in range(added))]
    after = homes(gateways(count + more), grown, before)
    assert before.items() <= after.home.items()
    assert homes(gateways(count + more), grown, after.home) == after
    carried = Counter(dict.fromkeys(grown, 0) | Counter(after.home.values()))
    if any(carried[name] > -(-count // len(names)) for name in names):
        assert max(carried.values()) - min(carried.values()) <= 1, "an old one takes more only when all are even"


def test_two_gateways_of_a_fourth_node() -> None:
    before = homes(gateways(6), ["node-1", "node-2", "node-3"]).home
    after = homes(gateways(8), ["node-1", "node-2", "node-3", "node-4"], before)
    assert {gateway for gateway, node in after.home.items() if node == "node-4"} == {"gateway-7", "gateway-8"}
    assert set(after.standby.values()) == {"node-1", "node-2", "node-3", "node-4"}


@given(counts, nodes, st.data())
def test_a_lost_node_moves_its_own_gateways_alone(count: int, names: list[str], data: st.DataObject) -> None:
    before = homes(gateways(count), names).home
    left = [name for name in names if name != data.draw(st.sampled_from(names))]
    kept = {gateway: node for gateway, node in before.items() if node in left}
    if left:
        after = homes(gateways(count), left, kept)
        assert kept.items() <= after.home.items()
        assert list(after.home) == gateways(count)
        assert all(after.standby[gateway] != after.home[gateway] for gateway in after.standby)


def test_a_home_that_does_not_record_is_refused() -> None:
    with pytest.raises(ValueError, match="gateway-1 is kept on node-2, where nothing is recorded"):
        homes(gateways(1), ["node-1"], {"gateway-1": "node-2"})


def test_without_a_node_nothing_can_be_recorded() -> None:
    with pytest.raises(ValueError, match="no node"):
        homes(gateways(1), [])
