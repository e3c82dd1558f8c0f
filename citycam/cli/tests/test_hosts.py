from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from citycam.cli import hosts_call
from citycam.cli.main import app
from citycam.model.errors import EnvironmentFailure, ExitCode
from infra.playbook import HostResult, PlaybookResult, TaskEvent

RESULT = PlaybookResult(3, 1, 0, 0, 1.0, hosts={"node-1": HostResult(ok=3, changed=1)})
GAPS = {"gateway-1": {"seconds": 3.21, "camera": "CAM-7"}, "gateway-2": None}


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The plays that were run, without Ansible; evidence goes to `tmp_path`."""
    found: list[tuple[str, dict[str, Any]]] = []

    def run(verb: str, _environment: object, variables: Mapping[str, Any] | None, **options: Any) -> PlaybookResult:
        found.append((verb, dict(variables or {}) | {"check": options["check"], "limit": options["limit"]}))
        options["on_event"](TaskEvent("Join", "swarm_node", "changed", "node-1"))
        if verb == "recover":
            raise EnvironmentFailure("playbook recover.yml failed", why="node-2: it is gone", details={"failed": 1})
        return replace(RESULT, data={"gaps": GAPS}) if verb == "upgrade" else RESULT

    monkeypatch.setattr(hosts_call, "run_hosts", run)
    monkeypatch.setattr(hosts_call, "PROJECT", tmp_path)
    return found


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["hosts", *arguments])


def test_a_verb_runs_its_play_and_prints_every_host(plays: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> None:
    ended = call("deploy", "--check", "--limit", "node-1", "--json")
    assert ended.exit_code == ExitCode.OK
    assert plays == [("deploy", {"check": True, "limit": "node-1"})]
    data = json.loads(ended.stdout)["data"]
    assert (data["check"], data["hosts"]["node-1"]["changed"]) == (True, 1)
    assert Path(data["events"]).read_text(encoding="utf-8").count("\n") == 1
    assert "node-1" in call("reconfigure").stdout
    assert len(list((tmp_path / "runs/hosts").iterdir())) == 2


def test_verbs_about_hosts_take_plain_names(plays: list[tuple[str, dict[str, Any]]]) -> None:
    assert call("drain", "node-2", "node-3").exit_code == ExitCode.OK
    assert plays[0][1]["citycam_nodes"] == ["node-2", "node-3"]
    for wrong in ("all", "recording", "node-*", "node-1:node-2", "!node-1"):
        assert call("remove-node", wrong).exit_code == ExitCode.CONFIG
    assert len(plays) == 1


def test_a_failure_is_said_with_its_host_and_kept(plays: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> None:
    ended = call("recover")
    assert (ended.exit_code, "node-2: it is gone" in ended.stderr) == (ExitCode.ENVIRONMENT, True)
    (folder,) = (tmp_path / "runs/hosts").iterdir()
    result = json.loads((folder / "result.json").read_text())
    assert (result["ok"], result["failed"]) == (False, 1)


def test_a_precheck_that_finds_something_lists_it_for_people_and_programs(
    plays: list[tuple[str, dict[str, Any]]], tmp_path: Path
) -> None:
    """The play without Ansible knows no host at all: each of the environment's is a finding."""
    ended = call("precheck", "--json")
    assert (ended.exit_code, [verb for verb, _ in plays]) == (ExitCode.ENVIRONMENT, ["precheck"])
    found = json.loads(ended.stdout)["error"]["details"]["findings"]
    assert {(each["host"], each["check"]) for each in found} >= {("node-1", "host"), ("site-1", "host")}
    assert all(each["fix"] in ended.stderr for each in found)
    (folder,) = (tmp_path / "runs/hosts").iterdir()
    assert json.loads((folder / "result.json").read_text())["ok"] is False


def test_destroy_wants_a_yes(plays: list[tuple[str, dict[str, Any]]]) -> None:
    assert call("destroy").exit_code == ExitCode.CONFIG
    assert plays == []
    assert call("destroy", "--check").exit_code == call("destroy", "--yes").exit_code == ExitCode.OK


def test_an_upgrade_takes_an_image_a_time_and_a_command(plays: list[tuple[str, dict[str, Any]]]) -> None:
    assert call("upgrade", "--image", "r:5000/g@sha256:1", "--within", "8", "--gate", "sh 'my check'").exit_code == 0
    assert plays[0][1] == {
        "upgrade_image": "r:5000/g@sha256:1",
        "gateway_upgrade_within": 8,
        "gateway_upgrade_check": ["sh", "my check"],
        "check": False,
        "limit": "",
    }


def test_an_upgrade_tells_what_each_gateway_missed(plays: list[tuple[str, dict[str, Any]]], tmp_path: Path) -> None:
    said = call("upgrade", "--image", "new").stdout
    assert "gateway-1  longest gap 3.2 s (CAM-7)\ngateway-2  no camera was recorded before\n" in said
    (folder,) = (tmp_path / "runs/hosts").iterdir()
    assert json.loads((folder / "result.json").read_text())["data"]["gaps"] == GAPS
    assert json.loads(call("upgrade", "--image", "new", "--json").stdout)["data"]["data"]["gaps"] == GAPS


def test_who_interrupts_a_verb_is_told_how_to_go_on(
    plays: list[tuple[str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> PlaybookResult:
        raise KeyboardInterrupt

    monkeypatch.setattr(hosts_call, "run_hosts", interrupted)
    ended = call("deploy")
    assert ended.exit_code == ExitCode.INTERRUPTED
    assert "the same command again goes on from there" in ended.output
