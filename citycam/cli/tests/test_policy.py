"""`citycam policy`: what it prints, writes and exits with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from citycam.cli.main import app
from citycam.inventory.inventory import dump_records
from citycam.model.errors import ExitCode
from citycam.policy.bench import city
from citycam.policy.proposal import Proposal
from citycam.policy.table import write_proposals
from citycam.policy.tests.proposals import elsewhere, proposal, specialised, tendered
from citycam.policy.tests.records import record
from citycam.policy.tests.test_overlap import wish

AT = ("--at", "2026-11-24")


def run(*arguments: str | Path, code: ExitCode = ExitCode.OK) -> Result:
    done = CliRunner().invoke(app, ["policy", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


def answer(*arguments: str | Path, code: ExitCode = ExitCode.OK) -> Any:
    return json.loads(run(*arguments, "--json", code=code).stdout)


def file_of(folder: Path, *proposals: Proposal, name: str = "p.json") -> Path:
    path = folder / name
    write_proposals(path, proposals)
    return path


@pytest.fixture
def log(tmp_path: Path) -> tuple[str, Path]:
    return "--log", tmp_path / "log.jsonl"


def test_a_refusal_exits_5_and_is_logged_with_its_rule(tmp_path: Path, log: tuple[str, Path]) -> None:
    traffic = proposal(**elsewhere("P-3", programme="smart-traffic"))
    found = answer("check", file_of(tmp_path, proposal("P-1"), traffic), *AT, *log, code=ExitCode.POLICY)
    assert found["verdict"] == "fail"
    assert found["data"]["rulings"] == {"refused": 1, "suspended": 1}
    decision = found["data"]["decisions"][0]
    assert (decision["ruling"], decision["reasons"][0]["rule"]) == ("refused", "frozen")
    assert decision["reasons"][0]["sources"][0].startswith("Document 4932/UBND-ĐMPT")
    assert decision["from"] == "p.json, row 1"
    assert [item["proposal"] for item in found["data"]["replanning"]] == ["P-3"]
    assert answer("log", "verify", *log)["data"] == {"entries": 2, "head": found["data"]["log"]["head"]}


def test_what_is_exempt_exits_0(tmp_path: Path, log: tuple[str, Path]) -> None:
    found = answer("check", file_of(tmp_path, specialised("P-1"), tendered(**elsewhere("P-2"))), *AT, *log)
    assert found["verdict"] == "pass"
    assert found["data"]["rulings"] == {"exempt: specialised": 1, "exempt: tendered": 1}


def test_before_the_freeze_nothing_is_refused(tmp_path: Path, log: tuple[str, Path]) -> None:
    found = answer("check", file_of(tmp_path, proposal()), "--at", "2025-09-02", *log)
    assert found["data"]["rulings"] == {"not frozen": 1}


def test_a_second_call_adds_nothing_and_remembers_the_first(tmp_path: Path, log: tuple[str, Path]) -> None:
    first = file_of(tmp_path, proposal("P-1", submitted="2026-01-01"))
    run("check", first, *AT, *log, code=ExitCode.POLICY)
    assert answer("check", first, *AT, *log, code=ExitCode.POLICY)["data"]["log"]["added"] == 0
    renamed = file_of(tmp_path, specialised("P-2", title="Hệ thống chuyên dùng"), name="q.json")
    (decision,) = answer("check", renamed, *AT, *log)["data"]["decisions"]
    assert (decision["ruling"], decision["reasons"][0]["others"]) == ("needs review", ["P-1"])


def test_a_dry_run_writes_nothing(tmp_path: Path, log: tuple[str, Path]) -> None:
    run("check", file_of(tmp_path, proposal()), *AT, *log, "--dry-run", code=ExitCode.POLICY)
    assert not log[1].exists()


def test_bad_rows_are_told_and_the_others_decided(tmp_path: Path, log: tuple[str, Path]) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(
        "Mã đề xuất,Tên dự án,Chủ đầu tư,Ngày trình,Số camera\nP-9,Camera chợ,UBND,hôm qua,1\n", encoding="utf-8"
    )
    found = answer("check", file_of(tmp_path, specialised()), bad, *AT, *log, code=ExitCode.CONFIG)
    assert found["verdict"] == "unknown"
    assert len(found["data"]["decisions"]) == 1
    (remark,) = found["data"]["unreadable"]
    assert (remark["file"], remark["row"], remark["column"]) == ("bad.csv", 2, "Ngày trình")
    assert "bad.csv, row 2: Ngày trình: not a date" in run("check", bad, *AT, *log, code=ExitCode.CONFIG).stdout


@pytest.mark.parametrize(("language", "words"), [("vi", "Lắp mới camera"), ("en", "New cameras"), ("fr", "Nouvelles")])
def test_a_decision_is_explained(tmp_path: Path, log: tuple[str, Path], language: str, words: str) -> None:
    run("check", file_of(tmp_path, proposal()), *AT, *log, code=ExitCode.POLICY)
    text = run("explain", "P-1", *log, "-l", language).stdout
    assert words in text
    assert "Document 4932/UBND-ĐMPT" in text
    assert answer("explain", "P-1", *log)["data"][0]["ruling"] == "refused"


def test_what_was_never_decided_cannot_be_explained(tmp_path: Path, log: tuple[str, Path]) -> None:
    for verb in (("explain", "P-7"), ("log", "verify")):
        assert "there is no decision log" in run(*verb, *log, code=ExitCode.CONFIG).stderr
    run("check", file_of(tmp_path, proposal()), *AT, *log, code=ExitCode.POLICY)
    assert "no decision on P-7" in run("explain", "P-7", *log, code=ExitCode.CONFIG).stderr


def test_a_changed_log_exits_6_and_takes_no_more(tmp_path: Path, log: tuple[str, Path]) -> None:
    proposals = file_of(tmp_path, proposal())
    run("check", proposals, *AT, *log, code=ExitCode.POLICY)
    log[1].write_text(log[1].read_text(encoding="utf-8").replace("refused", "exempt!"), encoding="utf-8")
    assert "does not verify" in run("log", "verify", *log, code=ExitCode.EVIDENCE_INVALID).stderr
    run("check", proposals, *AT, *log, code=ExitCode.EVIDENCE_INVALID)
    run("explain", "P-1", *log, code=ExitCode.EVIDENCE_INVALID)


def test_a_log_that_was_cut_is_found_by_the_head(log: tuple[str, Path]) -> None:
    run("log", "verify", *log, "--head", "f" * 64, code=ExitCode.EVIDENCE_INVALID)


def test_overlap_ranks_and_draws(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.jsonl"
    inventory.write_text(dump_records(city(300, 1)), encoding="utf-8")
    run("sample", "--out", tmp_path / "p.csv", "--proposals", "20", "--near", inventory)
    maps = tmp_path / "m.geojson", tmp_path / "m.svg"
    found = answer("overlap", tmp_path / "p.csv", "-i", inventory, "--geojson", maps[0], "--svg", maps[1])["data"]
    shares = [one["covered"]["least"] for one in found["proposals"]]
    assert shares == sorted(shares, reverse=True)
    assert len(json.loads(maps[0].read_text(encoding="utf-8"))["features"]) > 20
    assert maps[1].read_text(encoding="utf-8").startswith("<svg")
    assert "advice" in run("overlap", tmp_path / "p.csv", "-i", inventory, "--top", "1").stdout


def test_a_check_with_an_inventory_says_what_is_covered(tmp_path: Path, log: tuple[str, Path]) -> None:
    inventory = tmp_path / "inventory.jsonl"
    inventory.write_text(dump_records(city(10, 1)), encoding="utf-8")
    traffic = wish("P-1").model_copy(update={"programme": "smart-traffic"})
    (item,) = answer("check", file_of(tmp_path, traffic), *AT, *log, "-i", inventory)["data"]["replanning"]
    assert item["covered"] == {"least": 0, "stated": 0, "most": 0}


@pytest.mark.parametrize(("name", "code"), [("cam-000007", ExitCode.OK), ("cam-000011", ExitCode.POLICY)])
def test_a_repair_names_cameras_of_the_inventory(
    tmp_path: Path, log: tuple[str, Path], name: str, code: ExitCode
) -> None:
    inventory = tmp_path / "inventory.jsonl"
    inventory.write_text(dump_records(city(10, 1)), encoding="utf-8")
    repair = file_of(tmp_path, proposal(work="repair", cameras=1, replaces=(name,)))
    run("check", repair, *AT, *log, "-i", inventory, code=code)


def test_conformity_counts_and_writes_every_verdict(tmp_path: Path) -> None:
    inventory = tmp_path / "inventory.jsonl"
    cameras = [record(1), record(2, codec="mpeg4"), record(3, fps=None), record(4, codec="mpeg4")]
    inventory.write_text(dump_records(cameras), encoding="utf-8")
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "schema_version: 1\nwaivers:\n"
        "  - {rule: codec, cameras: [cam-000004], owner: a, reason: b, expires: 2027-01-01}\n",
        encoding="utf-8",
    )
    out = tmp_path / "out.jsonl"
    found = answer("conformity", inventory, *AT, "--waivers", waivers, "--out", out)["data"]
    assert found["verdicts"] == {"conforms": 1, "replace": 1, "unknown": 1, "conforms with measures": 1}
    assert found["rules"]["codec"] == {"conforms": 2, "replace": 1, "conforms with measures": 1}
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["verdict"] for line in lines] == ["conforms", "replace", "unknown", "conforms with measures"]
    assert lines[1]["results"][0]["evidence"][0]["value"] == "mpeg4"
    assert "4 cameras on 2026-11-24" in run("conformity", inventory, *AT).stdout


def test_the_standard_of_a_day_is_printed() -> None:
    assert "conformity-qcvn-11" not in run("standard", "--at", "2026-06-30").stdout
    assert "conformity-qcvn-11" in run("standard", *AT, "-l", "vi").stdout
    assert {"id", "title", "sources", "requires", "otherwise"} <= set(answer("standard", *AT)["data"][0])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("conformity", "missing.jsonl"), "missing.jsonl"),
        (("overlap", "missing.json", "-i", "missing.jsonl"), "cannot read the inventory"),
        (("sample", "--out", "x.pdf"), "unknown kind of file"),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...], says: str) -> None:
    assert says in run(*arguments, code=ExitCode.CONFIG).stderr
