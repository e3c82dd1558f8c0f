"""The watch that citycam/plan/outage simulates is the one of the role: same figures, and both stop at the same time."""

from __future__ import annotations

import asyncio
import selectors
from types import SimpleNamespace

import pytest
import quorum_watch
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from citycam.model.workspace import PROJECT
from citycam.plan.outage.timings import timings
from citycam.plan.outage.watch import stops_after, stops_within

ROLE = PROJECT / "playbooks" / "roles" / "quorum_watch"
FIGURES = timings().watch
BEFORE = 5
"""Looks that hear everybody before the cut."""


class Skipping(selectors.SelectSelector):
    """It waits for nothing: its clock goes on instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready:
            self.now += timeout or 0.0
        return ready


class Skipped(asyncio.SelectorEventLoop):
    """A loop in which an hour takes no time."""

    def __init__(self) -> None:
        self.clock = Skipping()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def told(cut: float, first: float) -> float | None:
    """Seconds into a cut when the real watch stops the gateways; its first look into the cut begins at `first`."""
    loop, began = Skipped(), BEFORE - first
    stops: list[float] = []

    async def answers_at(address: str) -> bool:
        if began <= loop.time() < began + cut:
            await asyncio.sleep(
                quorum_watch.CALL_S
            )  # the next SYN is sent a second after the first, and comes too late
            return False
        return True

    def has_stopped(environment: str) -> bool:
        stops.append(loop.time())
        return True

    async def watched() -> None:
        swarm = quorum_watch.Swarm(
            "10.0.0.5", ["10.0.0.1", "10.0.0.2", "10.0.0.3"], [f"10.0.0.{k}" for k in range(1, 6)]
        )
        watch = quorum_watch.Watch(FIGURES.patience.value, FIGURES.lease.value)
        await asyncio.wait_for(quorum_watch.keep_watch(watch, swarm, "city"), BEFORE + cut + 10)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quorum_watch, "answers_at", answers_at)
        patch.setattr(quorum_watch, "time", SimpleNamespace(monotonic=loop.time))
        patch.setattr(quorum_watch, "has_stopped", has_stopped)
        try:
            with pytest.raises(TimeoutError):
                loop.run_until_complete(watched())
        finally:
            loop.close()
    return stops[0] - began if stops else None


@given(st.integers(1, 1000).map(lambda tenths: tenths / 10), st.integers(0, 9).map(lambda tenths: tenths / 10 + 0.05))
@example(cut=1.5, first=0.05)
@example(cut=6.0, first=0.05)
@example(cut=7.0, first=0.95)
@example(cut=51.0, first=0.95)
@example(cut=100.0, first=0.95)
def test_it_stops_gateways_when_the_simulation_says(cut: float, first: float) -> None:
    seconds = told(cut, first)
    assert seconds == (None if (said := stops_after(cut, first, FIGURES)) is None else pytest.approx(said))
    assert seconds is None or seconds <= stops_within(cut, FIGURES) + 1e-9


def test_the_simulation_has_the_figures_of_the_role() -> None:
    defaults = YAML(typ="safe").load(ROLE / "defaults" / "main.yml")
    assert FIGURES.lease.value == defaults["quorum_watch_lease"]
    assert FIGURES.patience.value == defaults["quorum_watch_patience"]
    assert (FIGURES.look.value, FIGURES.call.value) == (quorum_watch.LOOK_S, quorum_watch.CALL_S)
