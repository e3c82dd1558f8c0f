"""The bench of many nodes: what is kept of a part, and what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycam.cli import hosts_bench, hosts_place, hosts_rebalance
from citycam.cli.fleet_bench import Options
from citycam.cli.hosts_page import Part, gaps_svg
from citycam.cli.hosts_rebalance import rebalance
from citycam.cli.lab_run import Event, Recorded
from citycam.evidence.failover import Failover
from citycam.evidence.run import Run
from citycam.model.figure import Bar, Figure
from citycam.plan.homes import homes
from citycam.plan.shards import assign

PART = Part([Figure("gap", "s", (12.0, 14.0), Bar(20)), Figure("moved", "cameras", (34.0,))], {"killed": [12.0, 3.5]})


def test_a_part_reads_back(tmp_path: Path) -> None:
    PART.save(tmp_path / "hosts" / "killed.json")
    assert Part.load(tmp_path / "hosts" / "killed.json") == PART


def test_the_page_shows_every_part_that_was_ever_measured_and_names_the_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hosts_bench, "KEPT", tmp_path)
    monkeypatch.setattr(hosts_bench, "PARTS", {name: lambda *_: PART for name in ("making", "killed", "upgrade")})
    hosts_bench.hosts(Options(parts=("killed",)))
    sheet = hosts_bench.hosts(Options(parts=("making",)))
    assert len(sheet.figures) == 4
    assert "Not measured here yet: upgrade." in sheet.text
    assert "killed" in sheet.pictures["hosts.svg"]
    assert gaps_svg({"a": [1.0]}).startswith("<svg")


def test_a_node_that_is_added_moves_none_but_its_own_cameras_and_forgetting_where_gateways_are_breaks_the_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [figure.value for figure in rebalance().figures] == [0, 0, 0]
    monkeypatch.setattr(hosts_rebalance, "homes", lambda gateways, nodes, _=None: homes(gateways, nodes))
    assert [figure.holds for figure in rebalance().figures] == [False, False, False]
    monkeypatch.undo()
    monkeypatch.setattr(hosts_rebalance, "assign", lambda cameras, gateways, _=None: assign(cameras, gateways))
    assert not rebalance().figures[0].holds


@pytest.mark.parametrize("lost", [0, 1])
def test_both_kinds_of_secrets_are_rotated_while_cameras_record_and_a_lost_frame_breaks_the_bar(
    monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    asked: list[tuple[str, ...]] = []

    def answer(*verb: str) -> tuple[float, dict[str, object]]:
        asked.append(verb[: verb.index("--environment")])
        return float(len(asked)), {}

    def recorded(_: object, events: list[Event], __: object) -> Recorded:
        for event in events:
            event.do()
        return Recorded(Run(Path("run")), Failover((), {"cam-9": lost}), 0)

    monkeypatch.setattr(hosts_place, "answer", answer)
    monkeypatch.setattr(hosts_bench, "record_while", recorded)
    figures = hosts_bench.rotation(hosts_place.Place("lab"), 1).figures
    assert asked == [("hosts", "rotate-secrets"), ("hosts", "rotate-secrets", "--database")]
    assert [figure.value for figure in figures] == [lost, 1, 2]
    assert figures[0].holds is (lost == 0)
