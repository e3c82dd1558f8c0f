from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.plan.nodes import Nodes, assign_nodes

PHASES = st.lists(
    st.dictionaries(st.integers(1, 10_000).map(lambda n: f"gateway-4-{n}"), st.floats(0.01, 0.2), max_size=25),
    min_size=1,
    max_size=4,
)


def load_after(nodes: Nodes, weights: dict[str, float], lost: str) -> dict[str, float]:
    load: dict[str, float] = defaultdict(float)
    for gateway, home in nodes.homes.items():
        load[nodes.standbys[gateway] if home == lost else home] += weights[gateway]
    return load


@settings(max_examples=40, deadline=None)
@given(PHASES)
def test_any_one_node_may_be_lost(phases: list[dict[str, float]]) -> None:
    nodes = assign_nodes(phases)
    weights = {gateway: weight for phase in phases for gateway, weight in phase.items()}
    assert nodes.homes.keys() == weights.keys()
    assert list(nodes.counts) == sorted(nodes.counts)
    for lost in nodes.names:
        after = load_after(nodes, weights, lost)
        assert lost not in after
        assert max(after.values(), default=0) <= 1 + 1e-9


@settings(max_examples=30, deadline=None)
@given(PHASES, st.dictionaries(st.integers(20_001, 20_009).map(lambda n: f"gateway-8-{n}"), st.floats(0.01, 0.2)))
def test_gateways_of_the_plan_in_force_stay(phases: list[dict[str, float]], more: dict[str, float]) -> None:
    before = assign_nodes(phases)
    after = assign_nodes([*phases, more], kept=before.homes)
    assert {gateway: after.homes[gateway] for gateway in before.homes} == dict(before.homes)


def test_without_spare_as_few_nodes_as_hold_all() -> None:
    weights = {f"gateway-4-{number}": 0.05 for number in range(36)}
    nodes = assign_nodes([weights], spare=False)
    assert len(nodes.names) == 2
    assert nodes.standbys == {}
    assert len(assign_nodes([weights]).names) == 3


def test_a_gateway_larger_than_a_node_is_refused() -> None:
    with pytest.raises(ValueError, match=r"1\.2 times"):
        assign_nodes([{"gateway-4-1": 1.2}])


def test_no_gateway_needs_no_node() -> None:
    assert assign_nodes([]).names == assign_nodes([{}]).names == ()
