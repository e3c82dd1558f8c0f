from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from citycam.cli import hosts_call, hosts_data
from citycam.cli.main import app
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure, ExitCode
from infra.playbook import HostResult, PlaybookResult


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What was done, without Ansible and hosts; evidence goes to `tmp_path`. A verify fails."""
    found: list[str] = []

    def run(verb: str, _environment: Environment, variables: dict[str, str], **_: Any) -> PlaybookResult:
        found.append(f"{verb} {variables['database_backup_kind']}")
        if variables["database_backup_kind"] == "verify":
            raise EnvironmentFailure("playbook backup.yml failed")
        return PlaybookResult(1, 1, 0, 0, 1.0, hosts={"node-5": HostResult(ok=1, changed=1)})

    def copy(environment: Environment, folder: Path, inventory: Path | None) -> None:
        found.append(f"copy {environment.name} {folder} {inventory}")

    monkeypatch.setattr(hosts_call, "run_hosts", run)
    monkeypatch.setattr(hosts_call, "PROJECT", tmp_path)
    monkeypatch.setattr(hosts_data, "copy_backup", copy)
    return found


@pytest.mark.parametrize(
    ("options", "code", "wanted"),
    [
        ("", ExitCode.OK, ["backup incr"]),
        ("--kind full --copy kept", ExitCode.OK, ["backup full", "copy lab kept None"]),
        ("--copy kept --inventory others.ini", ExitCode.OK, ["backup incr", "copy lab kept others.ini"]),
        ("--copy kept --check", ExitCode.OK, ["backup incr"]),
        ("--copy kept --kind verify", ExitCode.ENVIRONMENT, ["backup verify"]),
    ],
)
def test_a_copy_is_made_of_a_backup_that_went_well(
    done: list[str], options: str, code: ExitCode, wanted: list[str]
) -> None:
    assert CliRunner().invoke(app, ["hosts", "backup", *options.split()]).exit_code == code
    assert done == wanted
