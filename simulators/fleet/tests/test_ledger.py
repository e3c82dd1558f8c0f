"""The ledger: one file a run, never overwritten, and its end says whether it was cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators.fleet.cohort import Cohort
from simulators.fleet.ledger import Ledger
from simulators.fleet.script import Script
from simulators.fleet.tests.clips import make_clip
from simulators.rtsp.feed import Feed


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def cohort(tmp_path: Path) -> Cohort:
    return Cohort(Script(make_clip(tmp_path / "clip")), Feed("clip", 1))


def test_every_line_is_json_and_says_what_it_is(tmp_path: Path, cohort: Cohort) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.rotate("run-1")
    ledger.play("cam-000001", "s1", cohort, 5, 2, peer="127.0.0.1:9", agent='a "b"', transport="tcp")
    ledger.span("cam-000001", "s1", 5, 9, cohort)
    ledger.skip("cam-000001", "s1", 10, 10, "slow-reader")
    ledger.stop("cam-000001", "s1", 10, "teardown")
    ledger.fault({"kind": "some"}, "start")
    ledger.checkpoint(77)
    ledger.close()
    found = records(ledger.folder / "run-1.jsonl")
    kinds = [record["kind"] for record in found]
    assert kinds == ["header", "play", "span", "skip", "stop", "fault", "checkpoint", "close"]
    assert (found[0]["schema_version"], found[0]["run"]) == (1, "run-1")
    clock = {"epoch": cohort.epoch_ns, "num": 25, "den": 1}
    assert found[2] == {"kind": "span", "camera": "cam-000001", "session": "s1", "first": 5, "last": 9, **clock}
    assert found[1].items() >= {"agent": 'a "b"', "frame": 5, "origin": 2, **clock}.items()
    assert found[6]["through_ns"] == 77


def test_the_next_run_is_another_file_and_the_one_before_is_closed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.rotate("first")
    ledger.rotate("second")
    ledger.close()
    for name in ("first", "second"):
        assert [record["kind"] for record in records(tmp_path / f"{name}.jsonl")] == ["header", "close"]


def test_a_ledger_that_was_not_closed_has_no_last_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.rotate("cut")
    ledger.checkpoint(1)
    assert [record["kind"] for record in records(ledger.path)] == ["header", "checkpoint"]
    ledger.close()
    ledger.close()  # twice does no harm
    assert [record["kind"] for record in records(ledger.path)] == ["header", "checkpoint", "close"]


def test_an_older_ledger_is_never_written_over_and_the_current_one_goes_on(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("precious")
    ledger = Ledger(tmp_path)
    ledger.rotate("now")
    with pytest.raises(ConfigError, match="already"):
        ledger.rotate("old")
    ledger.close()
    assert (tmp_path / "old.jsonl").read_text() == "precious"
    assert [record["kind"] for record in records(tmp_path / "now.jsonl")] == ["header", "close"]


@pytest.mark.parametrize("run", ["", "../up", "a/b", ".hidden", "x" * 101, "a b"])
def test_a_run_that_is_no_file_name_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(ConfigError, match="letters, digits"):
        Ledger(tmp_path).rotate(run)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "ledger").write_text("a file")
    with pytest.raises(EnvironmentFailure, match="cannot be written"):
        Ledger(tmp_path / "ledger" / "below").rotate("run")
