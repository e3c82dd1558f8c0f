from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadtests.pacing import NANOSECONDS, Pace


def test_slots_do_not_move_when_a_request_is_late() -> None:
    pace = Pace(start_ns=1000 * NANOSECONDS, period_s=4, stop_ns=2000 * NANOSECONDS)
    assert pace.take() == 1000 * NANOSECONDS
    assert pace.wait_s(1001 * NANOSECONDS) == 3
    assert pace.wait_s(1009 * NANOSECONDS) == 0  # late: two slots have gone by
    assert pace.take() == 1004 * NANOSECONDS  # and the latency counts from then
    assert pace.take() == 1008 * NANOSECONDS
    assert pace.wait_s(1009 * NANOSECONDS) == 3


def test_a_request_that_cannot_end_in_time_is_not_begun() -> None:
    pace = Pace(start_ns=0, period_s=4, stop_ns=7 * NANOSECONDS, length_s=3)
    assert not pace.over
    pace.take()
    assert not pace.over  # 4 + 3 is just in time
    pace.take()
    assert pace.over


@given(
    start=st.integers(0, 2**61),
    period=st.floats(0.001, 1000),
    count=st.integers(1, 200),
)
def test_slots_never_drift(start: int, period: float, count: int) -> None:
    pace = Pace(start, period, 2**62)
    slots = [pace.take() for _ in range(count)]
    assert slots[0] == start
    assert all(abs(slot - start - index * period * NANOSECONDS) <= 1 for index, slot in enumerate(slots))
