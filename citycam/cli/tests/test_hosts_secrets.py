from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from citycam.cli import hosts_call, hosts_secrets
from citycam.cli.main import app
from citycam.model.errors import EnvironmentFailure, ExitCode
from infra.automation import Stack
from infra.events import OnEvent, StackEvent
from infra.outputs import SECRETS, Outputs


@pytest.fixture
def renewed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Environments whose database got new passwords, without Pulumi; evidence goes to `tmp_path`."""
    found: list[str] = []

    def renew(stack: Stack, on_event: OnEvent) -> Outputs:
        if stack.environment.nodes:
            raise EnvironmentFailure("of the database database-2 does not run")
        found.append(stack.environment.name)
        for op, kind, status in (
            ("replace", "random", "begins"),
            ("create", "secret", "done"),
            ("replace", "secret", "done"),
            ("update", "service", "done"),
        ):
            on_event(StackEvent("database", kind, op, status))
        return Outputs("a:1", "a:2", dict.fromkeys(SECRETS, "canary-of-a-password"))

    monkeypatch.setattr(hosts_secrets, "renew_database", renew)
    monkeypatch.setattr(hosts_call, "run_hosts", _no_play)
    monkeypatch.setattr(hosts_call, "PROJECT", tmp_path)
    return found


def _no_play(*_: Any, **__: Any) -> None:
    pytest.fail("a play was run")


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["hosts", "rotate-secrets", *arguments])


def test_the_database_has_new_passwords_on_one_machine_too_and_evidence_has_none(
    renewed: list[str], tmp_path: Path
) -> None:
    ended = call("--database", "--environment", "environments/local.yaml", "--json")
    assert (ended.exit_code, renewed) == (ExitCode.OK, ["local"])
    data = json.loads(ended.stdout)["data"]
    assert (data["changed"], data["hosts"]["local"]["changed"]) == (2, 2)
    (folder,) = (tmp_path / "runs/hosts").iterdir()
    assert folder.name.endswith("-rotate-database")
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["task"] for event in events] == [
        "create secret database",
        "replace secret database",
        "update service database",
    ]
    written = "".join(file.read_text(encoding="utf-8") for file in folder.iterdir())
    assert "canary" not in written + ended.output


def test_a_member_that_is_away_is_told_and_kept(renewed: list[str], tmp_path: Path) -> None:
    ended = call("--database")
    assert (ended.exit_code, renewed) == (ExitCode.ENVIRONMENT, [])
    assert "database-2 does not run" in ended.stderr
    (result,) = (tmp_path / "runs/hosts").glob("*/result.json")
    assert json.loads(result.read_text(encoding="utf-8"))["ok"] is False


@pytest.mark.parametrize("beside", [("--no-stack",), ("--cameras", "passwords.json")])
def test_the_database_is_no_part_of_another_rotation(renewed: list[str], beside: tuple[str, ...]) -> None:
    ended = call("--database", *beside)
    assert (ended.exit_code, renewed) == (ExitCode.CONFIG, [])
    assert "--database stands alone" in ended.stderr
