import pytest

from citycam.model.errors import CitycamError
from citycam.plan.outage.ownership import Ownership, Rule, check_ownership

ALLOWED = {"gateway-1": frozenset({"node-1", "node-2"}), "gateway-2": frozenset({"node-2", "node-3"})}
LOST = Rule(frozenset({"node-1"}), ALLOWED, {}, frozenset(ALLOWED))


@pytest.fixture
def kept() -> Ownership:
    return Ownership({"gateway-1": "node-1", "gateway-2": "node-2"})


def moved(kept: Ownership) -> Ownership:
    kept.end("gateway-1", "node-1", 0)
    kept.begin("gateway-1", "node-2", 9)
    return kept


def test_once_and_by_plan_is_well(kept: Ownership) -> None:
    check_ownership(moved(kept), LOST)
    assert kept.moves() == {"gateway-1": 1, "gateway-2": 0}
    assert kept.on("node-2") == ["gateway-1", "gateway-2"]


def test_not_at_all_is_found(kept: Ownership) -> None:
    kept.end("gateway-1", "node-1", 0)
    with pytest.raises(CitycamError, match="gateway-1 runs 0 times at the end"):
        check_ownership(kept, LOST)


def test_twice_is_found(kept: Ownership) -> None:
    moved(kept).end("gateway-1", "node-2", 20)
    kept.begin("gateway-1", "node-1", 21)
    with pytest.raises(CitycamError, match="gateway-1 was re-assigned 2 times, not 1"):
        check_ownership(kept, LOST)


def test_two_owners_are_found_wherever_they_are(kept: Ownership) -> None:
    moved(kept).begin("gateway-1", "node-2", 12)
    with pytest.raises(CitycamError, match="gateway-1 had two owners"):
        check_ownership(kept, LOST)


def test_two_owners_for_a_bounded_time_may_be_allowed(kept: Ownership) -> None:
    kept.begin("gateway-1", "node-2", 10)
    kept.end("gateway-1", "node-1", 40)
    assert kept.overlaps() == {"gateway-1": 30}
    check_ownership(kept, Rule(LOST.lost, ALLOWED, {"gateway-1": 30.0}, LOST.owed))
    with pytest.raises(CitycamError, match=r"two owners for 30\.0 s, 29\.0 s are allowed"):
        check_ownership(kept, Rule(LOST.lost, ALLOWED, {"gateway-1": 29.0}, LOST.owed))


def test_who_lost_nothing_may_not_move(kept: Ownership) -> None:
    kept.end("gateway-2", "node-2", 5)
    kept.begin("gateway-2", "node-3", 6)
    with pytest.raises(CitycamError, match="gateway-2 was re-assigned 1 times, not 0"):
        check_ownership(kept, Rule(LOST.lost, ALLOWED, {}))


def test_a_node_that_the_plan_does_not_name_is_found(kept: Ownership) -> None:
    kept.end("gateway-1", "node-1", 0)
    kept.begin("gateway-1", "node-3", 9)
    with pytest.raises(CitycamError, match="gateway-1 ran on node-3"):
        check_ownership(kept, LOST)
