"""When a node that is cut off lets its gateways go. That the role does the same is tested beside it, in playbooks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.outage.timings import Watch, timings
from citycam.plan.outage.watch import stops_after, stops_within

OURS = timings().watch
LOOK, PATIENCE = OURS.look.value, OURS.patience.value
SWARM = timings().swarm
MISSED = (SWARM.grace.value - 1) * (SWARM.heartbeat.value - SWARM.heartbeat_jitter.value)
"""Seconds into a cut after which a manager misses a node at the earliest: it was just about to be heard again."""

watches = st.builds(
    lambda lease, patience, look, call: (
        timings()
        .replaced({"watch.lease": lease, "watch.patience": patience, "watch.look": look, "watch.call": call * look})
        .watch
    ),
    st.floats(0.01, 100),
    st.floats(0.01, 10),
    st.floats(0.1, 10),
    st.floats(0, 0.5),
)


@given(st.floats(0, 300), st.floats(0, 1), watches)
def test_whatever_its_figures_it_stops_within_the_lease_or_the_cut_and_one_look(
    cut: float, phase: float, watch: Watch
) -> None:
    told = stops_after(cut, phase * watch.look.value, watch)
    if told is not None:
        assert min(cut, watch.lease.value) - 1e-9 <= told <= stops_within(cut, watch) + 1e-9
    else:
        assert cut < watch.patience.value + watch.look.value


@given(st.floats(0, 300), st.floats(0, 1, exclude_max=True))
def test_what_is_missed_by_managers_is_let_go(cut: float, phase: float) -> None:
    """They miss a node after two heartbeats at the earliest, of 3.5 s: whatever is cut off for longer stops."""
    assert MISSED == 2 * 3.5
    assert (stops_after(cut, phase * LOOK, OURS) is not None) or cut <= MISSED


@given(st.floats(0, PATIENCE - LOOK / 2), st.floats(0, 1, exclude_max=True))
def test_what_is_shorter_than_its_patience_has_no_consequence(cut: float, phase: float) -> None:
    assert stops_after(cut, phase * LOOK, OURS) is None


@pytest.mark.parametrize(
    ("cut", "first", "told"),
    [
        (0.0, 0.25, None),
        (0.75, 0.25, None),  # managers are called in vain, nodes answer
        (6.25, 0.25, None),  # neither did at six looks; a silence of six seconds
        (6.5, 0.25, 7.25),  # at seven
        (10.0, 0.25, 10.25),
        (30.5, 0.25, 31.25),
        (50.25, 0.25, 50.25),  # both answer at the look at which the lease ends
        (50.5, 0.25, 50.75),
        (300.0, 0.25, 50.75),
    ],
)
def test_moments_by_hand(cut: float, first: float, told: float | None) -> None:
    assert stops_after(cut, first, OURS) == told


def test_bounds_by_hand() -> None:
    assert [stops_within(cut, OURS) for cut in (4, 30, 50, 60)] == [5.5, 31.5, 51.5, 51.5]
