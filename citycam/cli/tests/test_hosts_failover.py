"""What the figures of the bench say of a node that was lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycam.cli import hosts_failover, hosts_place
from citycam.cli.hosts_place import Place
from citycam.cli.lab_run import Event, Recorded
from citycam.evidence.failover import Failover, Moved
from citycam.evidence.run import Run
from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Figure


def failover(*nodes: tuple[str, ...], lost: int = 0) -> Recorded:
    moved = tuple(Moved(f"cam-{number}", "gateway-1", each, 9.0, 0.5, 90) for number, each in enumerate(nodes))
    return Recorded(Run(Path("run")), Failover(moved, {"cam-9": lost}), 0)


def measured(monkeypatch: pytest.MonkeyPatch, *found: Recorded) -> dict[str, Figure]:
    runs = iter(found)
    monkeypatch.setattr(hosts_failover, "record_while", lambda *_: next(runs))
    monkeypatch.setattr(hosts_place, "answer", lambda *_: (0.0, {}))
    part = hosts_failover._failover(Place("lab"), "killed", lambda _: "node-1", len(found))
    return {figure.metric.removeprefix("killed: "): figure for figure in part.figures}


def test_a_camera_that_was_re_assigned_twice_or_lost_elsewhere_breaks_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    good = failover(("node-1", "node-2"), ("node-1", "node-3"))
    figures = measured(monkeypatch, good)
    assert {figure.holds for figure in figures.values() if figure.bar} == {True}
    bad = failover(("node-1", "node-2"), ("node-1", "node-3", "node-1"), lost=3)
    figures = measured(monkeypatch, bad)
    assert figures["moved cameras re-assigned exactly once"].value == 50
    assert figures["frames lost elsewhere"].runs == (3.0,)
    assert [figure.holds for figure in figures.values() if figure.bar] == [False, True, False]


def test_a_failover_that_moved_nobody_was_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvironmentFailure, match="no camera was moved"):
        measured(monkeypatch, failover())


@pytest.mark.parametrize("lost", [0, 7])
def test_a_leader_that_records_nothing_costs_no_frame(monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    monkeypatch.setattr(hosts_failover, "leader", lambda *_: "node-4")
    monkeypatch.setattr(hosts_failover, "record_while", lambda *_: failover(lost=lost))
    monkeypatch.setattr(hosts_place, "answer", lambda *_: (0.0, {}))
    figures = hosts_failover.leader_apart(Place("lab"), 1).figures
    assert [(figure.value, figure.holds) for figure in figures] == [(0, True), (lost, lost == 0)]


def test_a_leader_that_records_is_not_one_that_records_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts_failover, "leader", lambda *_: "node-1")
    with pytest.raises(EnvironmentFailure, match="node-1 leads the Swarm and records"):
        hosts_failover.leader_apart(Place("lab"), 1)


def cut(monkeypatch: pytest.MonkeyPatch, found: Recorded) -> tuple[dict[str, Figure], list[float]]:
    """What the part `cut` makes of a run, and when things happened in it."""
    times: list[float] = []

    def recorded(_: object, events: list[Event], __: object) -> Recorded:
        times.extend(event.at_s for event in events)
        return found

    monkeypatch.setattr(hosts_failover, "leader", lambda *_: "node-3")
    monkeypatch.setattr(hosts_failover, "record_while", recorded)
    monkeypatch.setattr(hosts_place, "answer", lambda *_: (0.0, {}))
    part = hosts_failover.cut(Place("lab"), 1)
    return {figure.metric.removeprefix("a manager cut off for 60 s: "): figure for figure in part.figures}, times


def test_two_nodes_own_a_camera_no_longer_than_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    figures, times = cut(monkeypatch, failover(("node-2", "node-1")))
    assert times == [20, 35, 20, 80]
    assert [figures[name].value for name in ("cameras moved", "frames lost by moved cameras")] == [1, 90]
    assert {figure.holds for figure in figures.values() if figure.bar} == {True}
    moved = Moved("cam-1", "gateway-1", ("node-2", "node-1"), 0.0, 51.0, 0)
    figures, _ = cut(monkeypatch, Recorded(Run(Path("run")), Failover((moved,), {"cam-9": 1}), 0))
    assert {figure.holds for figure in figures.values() if figure.bar} == {False}
