"""When a node that is cut off lets its gateways go. That the role does the same is tested beside it, in playbooks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.outage.timings import Watch, timings
from citycam.plan.outage.watch import between, stops_after, stops_within

OURS = timings().watch
LOOK, CALL, LEASE, PATIENCE = OURS.look.value, OURS.call.value, OURS.lease.value, OURS.patience.value
REFUSED = timings().replaced({"watch.call": 0}).watch
"""Calls fail at once, as where the network's interface is gone: a look a second."""

seconds = st.floats(0.01, 100)
watches = st.builds(
    lambda lease, patience, look, call: (
        timings()
        .replaced({"watch.lease": lease, "watch.patience": patience, "watch.look": look, "watch.call": call})
        .watch
    ),
    seconds,
    st.floats(0.01, 10),
    st.floats(0.1, 10),
    st.floats(0, 10),
)


@given(st.floats(0, 300), st.floats(0, 1), watches)
def test_whatever_its_figures_it_stops_within_the_lease_or_the_cut_and_one_look(
    cut: float, phase: float, watch: Watch
) -> None:
    told = stops_after(cut, phase * watch.look.value, watch)
    if told is not None:
        assert min(cut, watch.lease.value) - 1e-9 <= told <= stops_within(cut, watch) + 1e-9
    else:
        assert cut < watch.patience.value + watch.call.value + watch.look.value


@given(st.floats(0, 300), st.floats(0, 1), st.sampled_from([OURS, REFUSED]))
def test_what_is_missed_by_managers_is_let_go(cut: float, phase: float, watch: Watch) -> None:
    """They miss a node after two heartbeats at the earliest, of 1.5 s: whatever is cut off for longer stops."""
    assert (stops_after(cut, phase * LOOK, watch) is not None) or cut <= 2 * 1.5


@given(st.floats(0, PATIENCE - LOOK), st.floats(0, 1))
def test_what_is_shorter_than_its_patience_has_no_consequence_where_calls_fail_at_once(
    cut: float, phase: float
) -> None:
    assert stops_after(cut, phase * LOOK, REFUSED) is None


@given(st.floats(0, CALL), st.floats(0, 1))
def test_where_calls_are_lost_only_what_a_call_outlasts_has_none(cut: float, phase: float) -> None:
    """A look takes 2 s there and the next one comes after 3: by then the silence is as long as its patience."""
    assert stops_after(cut, phase * LOOK, OURS) is None
    assert stops_after(CALL + LOOK + 0.01, phase * LOOK, OURS) is not None


@pytest.mark.parametrize(
    ("watch", "cut", "first", "told"),
    [
        (OURS, 0.0, 0.5, None),
        (OURS, 1.0, 0.5, None),  # managers are called in vain, nodes answer
        (OURS, 1.6, 0.5, 3.5),  # neither do; heard at the next look, three seconds later
        (OURS, 10.0, 0.5, 10.5),  # at 9.5 managers are called in vain, at 10.5 nodes answer
        (OURS, 11.0, 0.5, 12.5),
        (OURS, 31.5, 0.5, 31.5),  # nodes answer at the look at which the lease ends
        (OURS, 31.6, 0.5, 32.5),
        (OURS, 300.0, 0.5, 32.5),
        (REFUSED, 2.5, 0.5, None),
        (REFUSED, 2.6, 0.5, 3.5),
        (REFUSED, 10.0, 0.5, 10.5),
        (REFUSED, 300.0, 0.5, 30.5),
    ],
)
def test_moments_by_hand(watch: Watch, cut: float, first: float, told: float | None) -> None:
    assert stops_after(cut, first, watch) == (None if told is None else pytest.approx(told))


def test_bounds_by_hand() -> None:
    assert (between(OURS), between(REFUSED)) == (3, 1)
    assert [stops_within(cut, OURS) for cut in (4, 30, 60)] == [7, 33, 33]
    assert [stops_within(cut, REFUSED) for cut in (4, 30, 60)] == [5, 31, 31]
