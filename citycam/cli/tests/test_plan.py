from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.inventory.inventory import dump_records
from citycam.inventory.roster import load_inventory
from citycam.plan.city import load_city_plan
from citycam.plan.tests.cities import city


def call(*arguments: object) -> tuple[int, Any]:
    done = CliRunner().invoke(app, ["plan", *map(str, arguments)])
    if "--json" in arguments:
        return done.exit_code, json.loads(done.stdout)
    return done.exit_code, done.stdout


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    folder = tmp_path / "inventory"
    folder.mkdir()
    (folder / "inventory.jsonl").write_text(dump_records(city(200, wards=4)), encoding="utf-8")
    return folder


def test_a_plan_is_made_kept_and_compared(inventory: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    code, answer = call("-i", inventory, "-o", out, "--at", "2026-11-24", "--json")
    assert (code, answer["data"]["cameras"], answer["data"]["moved"]) == (0, 200, None)
    first = out.read_bytes()
    assert call("-i", inventory, "-o", out, "--at", "2026-11-24")[0] == 0
    assert out.read_bytes() == first, "the plan in force, made again, is itself"

    (inventory / "inventory.jsonl").write_text(dump_records(city(204, wards=4)), encoding="utf-8")
    grown = tmp_path / "grown.json"
    code, answer = call("-i", inventory, "-o", grown, "--keep", out, "--at", "2026-11-24", "--json")
    assert answer["data"]["moved"] == 0
    assert load_city_plan(grown).follows is not None
    code, answer = call("diff", out, grown, "--json")
    assert (code, len(answer["data"]["added"]), answer["data"]["moved"]) == (0, 4, 0)
    assert "4 cameras added" in call("diff", out, grown)[1]


def test_a_rehearsal_is_written_for_a_campaign(inventory: Path, tmp_path: Path) -> None:
    plan, roster = tmp_path / "plan.json", tmp_path / "rehearsal.csv"
    call("-i", inventory, "-o", plan)
    assert call("rehearse", plan, "-i", inventory, "--cameras", 40, "-o", roster)[0] == 0
    assert len(load_inventory(roster)) == 40
    assert len(json.loads(call("targets", plan)[1])) == 2 * len(load_city_plan(plan).gateways)


def test_a_plan_of_another_inventory_is_not_rehearsed(inventory: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    call("-i", inventory, "-o", plan)
    (inventory / "inventory.jsonl").write_text(dump_records(city(201)), encoding="utf-8")
    assert call("rehearse", plan, "-i", inventory)[0] == 2


def test_what_if_names_the_bottleneck() -> None:
    code, text = call("--what-if", "cameras=40210,bitrate=4Mbps,retention=30d")
    assert code == 0
    assert "bottleneck of recording nodes: disk-write" in text
    assert "704 cores" in text
    code, answer = call("--what-if", "cameras=100", "--json")
    assert answer["data"]["sizing"]["nodes"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--what-if", "retention=0d"),
        ("--what-if", "bitrate=4"),
        ("--what-if", "colour=red"),
        ("--wish", "cameras=5"),
        ("--inventory", "nowhere"),
        ("diff", "absent.json", "absent.json"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error(inventory: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    more = () if arguments[0] == "diff" else ("-o", tmp_path / "plan.json")
    source = () if arguments[0] in {"diff", "--inventory"} else ("-i", inventory)
    assert call(*source, *more, *arguments)[0] == 2
    assert not (tmp_path / "plan.json").exists()


def test_a_file_in_the_place_of_the_plan_that_is_none_is_not_overwritten(inventory: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    out.write_text("precious", encoding="utf-8")
    assert call("-i", inventory, "-o", out)[0] == 2
    assert out.read_text(encoding="utf-8") == "precious"


def test_a_rehearsal_of_made_up_submissions_goes_the_whole_way(tmp_path: Path) -> None:
    folder, roster = tmp_path / "city", tmp_path / "rehearsal.csv"
    assert call("rehearse", "--sample", folder, "--cameras", 12, "-o", roster)[0] == 0
    assert len(load_inventory(roster)) == 12
    assert len(load_city_plan(folder / "plan.json").cameras) > 100
    assert (folder / "inventory" / "findings.jsonl").stat().st_size
    assert not (folder / "inventory" / "secrets.json").exists()
