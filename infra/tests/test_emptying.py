from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra import emptying
from infra.emptying import empty_folders
from infra.nodes import Node, Roster
from infra.tests.mocked import addresses, lab


@pytest.fixture(autouse=True)
def _nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes whose root is a folder each; `node-2` does not answer."""

    def run_on(node: Node, command: str) -> bytes:
        if node.name == "node-2":
            raise EnvironmentFailure("a command failed", why="No route to host")
        done = subprocess.run(command.replace("/nodes/", f"{tmp_path}/{node.name}/"), shell=True, check=True)
        return bytes(done.stdout or b"")

    def nodes(environment: Environment, _project: Path) -> Roster:
        return Roster({name: Node(name, address) for name, address in addresses(environment).items()}, {})

    monkeypatch.setattr(emptying, "run_on", run_on)
    monkeypatch.setattr(emptying, "roster", nodes)
    monkeypatch.setattr(Workspace, "on_node", classmethod(lambda cls, name: cls(Path("/nodes") / name)))


def test_what_runs_left_goes_and_the_folders_of_ansible_stay(tmp_path: Path) -> None:
    recording, site = tmp_path / "node-1" / "lab", tmp_path / "site-1" / "lab"
    gone = [
        recording / "recordings/gateway-1/cam-000001/a.mp4",
        site / "fleet/ledger/run",
        site / "load/load-worker-1.jsonl",
    ]
    kept = [recording / "gateways/gateway-1/mediamtx.yml", tmp_path / "node-3" / "lab" / "database" / "data"]
    for file in (*gone, *kept):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    with pytest.raises(EnvironmentFailure, match="left over") as failure:
        empty_folders(lab())
    assert failure.value.why == "node-2: No route to host"
    assert [file for file in gone if file.exists()] == []
    assert [file for file in kept if not file.exists()] == []
    assert (recording / "recordings/gateway-1").is_dir()
    assert (site / "fleet").is_dir()
