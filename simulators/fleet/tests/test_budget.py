from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.fleet.budget import Budget


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_what_was_spent_long_ago_is_there_again() -> None:
    clock = Clock()
    budget = Budget(2, 60, clock)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    clock.now = 59.9
    assert not budget.spend()
    clock.now = 60.0
    assert budget.spend()


@given(st.integers(0, 5), st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_the_most_within_the_time(most: int, pauses: list[float]) -> None:
    clock = Clock()
    budget = Budget(most, 60, clock)
    spent = []
    for pause in pauses:
        clock.now += pause
        if budget.spend():
            spent.append(clock.now)
    for at in spent:
        assert sum(at - 60 < other <= at for other in spent) <= most
