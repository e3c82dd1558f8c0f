"""The block of `homes` that the command line prints: it fits into the file, and gateways stay by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.model.environment import Environment, load_environment
from citycam.model.errors import ExitCode
from citycam.model.workspace import PROJECT
from citycam.plan.homes import Homes, homes

LAB = PROJECT / "environments" / "lab.yaml"


def printed(file: Path, *options: str) -> str:
    done = CliRunner().invoke(app, ["hosts", "homes", "--environment", str(file), *options])
    assert done.exit_code == ExitCode.OK, done.output
    return done.stdout


def places(environment: Environment) -> Homes:
    assert environment.nodes
    return homes(environment.gateway_names, environment.nodes.pools.recording, environment.nodes.homes)


def written(folder: Path, homes_block: str, *replaced: tuple[str, str]) -> Path:
    """The lab's file with a block under `nodes`, and other changes."""
    text = LAB.read_text(encoding="utf-8").replace("nodes:\n", f"nodes:\n{homes_block}", 1)
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "city.yaml"
    path.write_text(text, encoding="utf-8")
    return path


LARGER = (
    ("recording: [node-1, node-2, node-3]", "recording: [node-1, node-2, node-3, node-4]"),
    ("count: 6", "count: 8"),
)


def test_what_is_pasted_keeps_every_gateway_where_it_is_and_changes_nothing_else(tmp_path: Path) -> None:
    pasted = load_environment(written(tmp_path, printed(LAB)))
    before = load_environment(LAB)
    assert places(pasted) == places(before)
    assert pasted.nodes
    assert pasted.model_copy(update={"nodes": pasted.nodes.model_copy(update={"homes": {}})}) == before


def test_a_node_that_is_added_then_takes_the_added_gateways_and_no_other(tmp_path: Path) -> None:
    before = places(load_environment(LAB)).home
    after = places(load_environment(written(tmp_path, printed(LAB), *LARGER))).home
    assert {gateway: after[gateway] for gateway in before} == before
    assert [gateway for gateway, node in after.items() if node == "node-4"] == ["gateway-7", "gateway-8"]
    forgotten = places(load_environment(written(tmp_path, "", *LARGER))).home
    assert {gateway: forgotten[gateway] for gateway in before} != before


def test_homes_that_the_file_has_count_and_those_it_lacks_are_added(tmp_path: Path) -> None:
    file = written(tmp_path, "  homes: {gateway-1: node-3, gateway-2: node-3}\n")
    found = YAML(typ="safe").load(printed(file))["homes"]
    assert (found["gateway-1"], found["gateway-2"], len(found)) == ("node-3", "node-3", 6)
    assert found == places(load_environment(file)).home
    assert json.loads(printed(file, "--json"))["data"] == {"homes": found}


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("  homes: {gateway-9: node-1}\n", "gateway-9 is none of the 6 gateways"),
        ("  homes: {gateway-1: node-5}\n", "not in the pool recording"),
    ],
)
def test_a_file_that_is_wrong_prints_no_block(tmp_path: Path, block: str, says: str) -> None:
    done = CliRunner().invoke(app, ["hosts", "homes", "--environment", str(written(tmp_path, block))])
    assert (done.exit_code, done.stdout) == (ExitCode.CONFIG, "")
    assert says in done.stderr


def test_one_machine_has_no_homes() -> None:
    done = CliRunner().invoke(app, ["hosts", "homes", "-e", str(PROJECT / "environments" / "local.yaml")])
    assert (done.exit_code, done.stdout) == (ExitCode.CONFIG, "")
    assert "the environment local has no nodes" in done.stderr
