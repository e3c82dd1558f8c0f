from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.survey.pace import Pace


@given(st.floats(0.5, 1000), st.floats(1, 50), st.lists(st.floats(0, 2), min_size=1, max_size=60))
def test_never_more_than_the_rate_and_a_burst(rate: float, burst: float, pauses: list[float]) -> None:
    pace, now, turns = Pace(rate, burst), 0.0, []
    for pause in pauses:
        now += pause
        turns.append(now + pace.turn(now))
    for first in range(len(turns)):
        for last in range(first, len(turns)):
            assert last - first + 1 <= burst + 1 + rate * (turns[last] - turns[first]) + 1e-6


def test_after_a_pause_a_burst_goes_at_once() -> None:
    pace = Pace(10, 3)
    assert [pace.turn(100) for _ in range(5)] == [0, 0, 0, pytest.approx(0.1), pytest.approx(0.2)]


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0)])
def test_a_pace_lets_something_through(rate: float, burst: float) -> None:
    with pytest.raises(ValueError, match="lets something through"):
        Pace(rate, burst)
