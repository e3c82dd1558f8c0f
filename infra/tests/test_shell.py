from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from citycam.model.workspace import Workspace
from infra import shell
from infra.backend import Backend


class Recorder:
    """The Pulumi CLI; the real one makes stacks in integration_tests/stack/test_by_hand.py."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def run(self, args: list[str], _folder: str, _variables: dict[str, str]) -> None:
        self.calls.append(args)


def test_a_shell_that_reads_the_lines_works_on_the_environments_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a 'quoted' $folder"
    workspace = Workspace(folder)
    monkeypatch.setattr(Workspace, "of", classmethod(lambda *_: workspace))
    cli = Recorder()
    monkeypatch.setattr(shell, "require_cli", lambda: cli)
    assert shell.main(["local"]) == 0
    assert cli.calls == [["stack", "select", "--create", "local"]]
    lines = capsys.readouterr().out
    wanted = {**Backend(workspace).environment(), "PULUMI_STACK": "local"}
    script = f"{lines}\nexec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    read = subprocess.run(["sh", "-c", script], check=True, stdout=subprocess.PIPE, env={})
    found = json.loads(read.stdout)
    assert {name: found[name] for name in wanted} == wanted
    assert Backend(workspace).passphrase.read_text(encoding="ascii") not in lines


def test_without_the_cli_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("infra.cli.search_path", lambda: str(tmp_path))
    assert shell.main(["local"]) == 4
    assert "make setup" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["local", "other"], ["../../etc"], ["-v"], [""]])
def test_it_needs_one_environment(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: ")
