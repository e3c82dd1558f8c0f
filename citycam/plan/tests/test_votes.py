from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.votes import Voter, carried, objections, yielding

RECORDING = {"node-1", "node-2", "node-3"}


def voters(count: int, *, leader: int = 1, silent: tuple[int, ...] = ()) -> list[Voter]:
    """`node-1`, …; the first three record."""
    return [
        Voter(f"node-{number}", str(number), number not in silent, number == leader) for number in range(1, count + 1)
    ]


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        (voters(5, leader=2), "node-2"),
        (voters(5, leader=4), None),  # it is as it should be
        (voters(5, leader=0), None),  # an election is on
        (voters(3, leader=2), None),  # all record
        (voters(4), "node-1"),
        (voters(5, silent=(3,)), None),  # it may be the one that lets it in again
        (voters(5, silent=(4,)), None),
    ],
)
def test_a_leader_that_records_yields_where_another_can_lead(managers: list[Voter], expected: str | None) -> None:
    found = yielding(managers, RECORDING)
    assert (found.name if found else None) == expected


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=5))
def test_those_that_stay_carry_the_swarm_in_any_order_or_there_is_an_order_in_which_they_do_not(
    managers: list[tuple[bool, bool]],
) -> None:
    """The rule is compared with counting the votes after every step of every order."""
    all_ = [Voter(f"node-{number}", answers=answers) for number, (answers, _) in enumerate(managers)]
    going = [voter for voter, (_, goes) in zip(all_, managers, strict=True) if goes]

    def majorities(order: tuple[Voter, ...]) -> bool:
        left = [[voter for voter in all_ if voter not in order[:step]] for step in range(len(order) + 1)]
        return all(2 * sum(voter.answers for voter in members) > len(members) for members in left)

    assert carried(all_, going) == all(majorities(order) for order in permutations(going))


def removal(*leaving: str, managers: list[Voter]) -> list[str]:
    return objections(leaving, "node-5", ["node-4", "node-5"], managers)


def test_what_nobody_else_does_is_not_removed() -> None:
    assert removal("node-2", "node-6", managers=voters(3)) == []
    [database] = removal("node-4", managers=voters(3))
    assert "node-4 is a member of the database" in database
    platform, *rest = removal("node-5", managers=voters(3))
    assert "node-5 has the registry" in platform
    assert len(rest) == 1


@pytest.mark.parametrize(
    ("leaving", "managers", "says"),
    [
        (["node-1"], voters(1), "No manager would be left"),
        (["node-1", "node-2", "node-3"], voters(3), "No manager would be left"),
        (["node-1"], voters(3, silent=(2,)), "Without node-1 too few managers would answer"),
        (["node-1", "node-2"], voters(3, silent=(2,)), "node-2 silent. Bring them back, or remove them first"),
    ],
)
def test_no_majority_of_managers_is_lost(leaving: list[str], managers: list[Voter], says: str) -> None:
    [objection] = removal(*leaving, managers=managers)
    assert says in objection


@pytest.mark.parametrize(
    ("leaving", "managers"),
    [
        (["node-2"], voters(3, silent=(2,))),  # the dead one itself
        (["node-1", "node-2"], voters(3)),  # down to a Swarm of one
        (["site-1"], voters(1)),  # no manager at all
        (["site-1"], voters(3, silent=(2, 3))),
    ],
)
def test_a_majority_that_stays_lets_go(leaving: list[str], managers: list[Voter]) -> None:
    assert removal(*leaving, managers=managers) == []
