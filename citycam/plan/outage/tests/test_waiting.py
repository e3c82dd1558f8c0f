from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.outage.waiting import Queue

arrivals = st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 5)), min_size=1, max_size=40).map(sorted)


def done(servers: int, work: list[tuple[float, float]]) -> list[float]:
    queue = Queue(servers)
    return [queue.done(now, seconds) for now, seconds in work]


def test_one_server_does_one_thing_after_another() -> None:
    assert done(1, [(0, 2), (1, 2), (10, 1)]) == [2, 4, 11]


def test_two_servers_do_two_at_once() -> None:
    assert done(2, [(0, 2), (0, 3), (0, 1)]) == [2, 3, 3]


def test_who_would_wait_is_told_before() -> None:
    queue = Queue(1)
    queue.done(0, 5)
    assert (queue.wait(2), queue.wait(7)) == (3, 0)


@given(arrivals, st.integers(1, 4))
def test_one_server_more_delays_nobody(work: list[tuple[float, float]], servers: int) -> None:
    for few, many in zip(done(servers, work), done(servers + 1, work), strict=True):
        assert many <= few + 1e-9
