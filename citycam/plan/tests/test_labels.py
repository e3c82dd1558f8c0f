from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.labels import Berth, Policy, Swarm, away, nodes_for, relabel

NODES = ("node-1", "node-2", "node-3")
ONE = Berth("gateway-1", "node-1", "node-2")


def swarm(at: str | None = None, labelled: tuple[str, ...] = (), ready: tuple[str, ...] = NODES) -> Swarm:
    labels = {node: {"citycam.gateway.gateway-1": "yes"} if node in labelled else {} for node in NODES}
    return Swarm(labels, frozenset(ready), {} if at is None else {"gateway-1": at})


@pytest.mark.parametrize(
    ("policy", "state", "expected"),
    [
        (Policy.KEEP, swarm(), {"node-1"}),  # a new gateway starts at home
        (Policy.GUARD, swarm(), {"node-1"}),  # and has no standby before it runs
        (Policy.GUARD, swarm("node-1", ("node-1",)), {"node-1", "node-2"}),
        (Policy.KEEP, swarm("node-2", ("node-1", "node-2")), {"node-1", "node-2"}),  # a second run moves nothing
        (Policy.HOME, swarm("node-2", ("node-1", "node-2")), {"node-1"}),
        (Policy.HOME, swarm("node-1", ("node-1", "node-2")), {"node-1", "node-2"}),
        (Policy.HOME, swarm("node-2", ("node-1", "node-2"), ready=("node-2",)), {"node-1", "node-2"}),  # home is dead
        (Policy.HOME, swarm("node-3", ("node-3",)), {"node-1"}),  # the plan has moved its home
        (Policy.GUARD, swarm("node-3", ("node-3",)), {"node-3"}),  # it is not let go before it has come home
        (Policy.GUARD, swarm("", ("node-1",)), {"node-1", "node-2"}),  # its home died before it had a standby
        (Policy.PIN, swarm("node-2", ("node-1", "node-2")), {"node-2"}),
        (Policy.PIN, swarm("", ("node-1", "node-2")), {"node-1", "node-2"}),
    ],
)
def test_what_each_policy_allows(policy: Policy, state: Swarm, expected: set[str]) -> None:
    assert nodes_for(ONE, state, policy) == expected


def test_labels_of_others_stay_and_ours_that_are_not_wanted_go() -> None:
    present = {"rack": "7", "citycam.node": "node-9", "citycam.pool.edge": "yes", "citycam.gateway.gateway-7": "yes"}
    change = relabel("node-1", ["recording"], [ONE], Swarm({"node-1": present}), Policy.KEEP)
    assert change.set == {
        "citycam.node": "node-1",
        "citycam.pool.recording": "yes",
        "citycam.gateway.gateway-1": "yes",
    }
    assert change.unset == ["citycam.gateway.gateway-7", "citycam.pool.edge"]


def test_away_is_who_runs_elsewhere_while_its_home_is_ready() -> None:
    assert away([ONE], swarm("node-2")) == ["gateway-1"]
    assert away([ONE], swarm("")) == ["gateway-1"]
    assert away([ONE], swarm("node-1")) == []
    assert away([ONE], swarm("node-2", ready=("node-2",))) == []
    assert away([ONE], swarm()) == []


def test_without_a_standby_a_gateway_has_one_node() -> None:
    assert nodes_for(Berth("gateway-1", "node-1"), swarm("node-1"), Policy.GUARD) == {"node-1"}


@given(
    st.sampled_from(Policy),
    st.sampled_from([None, "", *NODES]),
    st.sets(st.sampled_from(NODES)),
    st.sets(st.sampled_from(NODES)),
)
def test_no_policy_leaves_a_gateway_without_a_node_or_with_more_than_its_two(
    policy: Policy, at: str | None, labelled: set[str], ready: set[str]
) -> None:
    """Applied twice it changes nothing more, as long as nothing moved."""
    state = swarm(at, tuple(labelled), tuple(ready))
    found = nodes_for(ONE, state, policy)
    assert found
    assert len(found) <= max(2, len(labelled))
    assert nodes_for(ONE, swarm(at, tuple(found), tuple(ready)), policy) == found
