from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.plan.city import dump_city_plan
from citycam.plan.outage.outcome import Outcome
from citycam.plan.tests.cities import city, planned


def call(*arguments: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["plan", "simulate", *map(str, arguments)])
    return done.exit_code, done.stdout, done.stderr


def test_a_grid_is_simulated() -> None:
    code, text, _ = call("node-dies", "--cameras", 60, "--runs", 5)
    assert code == 0
    assert "20; 40 lost none" in text
    assert "2, each exactly once" in text
    assert "not measured yet: swarm.reconnect, gateway.stop, gateway.settle" in text
    assert "not simulated" not in text


def test_a_figure_is_set_otherwise() -> None:
    patient, quick = (
        json.loads(call("node-dies", "--cameras", 60, "--json", "--set", f"swarm.heartbeat={heartbeat}")[1])["data"]
        for heartbeat in ("5s", "1s")
    )
    assert quick["missed"]["most"] < patient["missed"]["least"]


def test_a_heartbeat_too_short_for_nodes_behind_a_lost_manager_is_told() -> None:
    code, text, _ = call("node-dies", "--cameras", 60, "--set", "swarm.heartbeat=2s")
    assert code == 0
    assert "nodes that spoke to a lost manager may be missed too, with this swarm.heartbeat" in text


def test_a_plan_is_simulated_and_written(tmp_path: Path) -> None:
    plan, out = tmp_path / "plan.json", tmp_path / "outage.json"
    plan.write_text(dump_city_plan(planned(city(300, wards=4))), encoding="utf-8")
    code, answer, _ = call("power-returns", "--plan", plan, "--seed", 3, "-o", out, "--json")
    assert code == 0
    data = json.loads(answer)["data"]
    written = Outcome.model_validate_json(out.read_bytes())
    assert data["gap"] == json.loads(out.read_text(encoding="utf-8"))["gap"]
    assert written.ground.plan is not None
    assert written.touched == len(written.cameras) == data["touched"]


def test_mistakes_are_told(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("schema_version: 1\ntitle: t\nnode_dies: {nod: node-1}\n", encoding="utf-8")
    for arguments, message in [
        (("nod-dies", "--cameras", 60), "did you mean node-dies?"),
        ((bad, "--cameras", 60), f"{bad}:3: node_dies.nod: unknown key; did you mean 'node'?"),
        (("rack-dies", "--cameras", 60), "a rack of 4 nodes"),
        (("node-dies", "--cameras", 60, "--plan", "plan.json"), "both a plan and cameras"),
        (("node-dies", "--plan", tmp_path / "none.json"), "cannot read the plan"),
        (("node-dies", "--cameras", 60, "--bitrate", "4"), "is not a bit rate"),
        (("node-dies", "--cameras", 60, "--set", "swarm.grace"), "cannot set swarm.grace"),
        (("node-dies", "--cameras", 60, "--set", "swarm.grase=1"), "did you mean swarm.grace?"),
        (("node-dies", "--cameras", 3), "cannot lay out 3 cameras on 6 gateways"),
    ]:
        code, _, errors = call(*arguments)
        assert code == 2
        assert message in errors
