from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from citycam.gates.criterion import CriterionResult
from citycam.gates.evaluate import evaluate
from citycam.gates.evidence import Evidence
from citycam.gates.judgement import load_judgement
from citycam.gates.registry import all_criteria, by_id
from citycam.gates.tests.runs import FAILOVER, GATES, plausible
from citycam.model.errors import CitycamError, EvidenceMissing
from citycam.model.verdict import Verdict


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return plausible(4, 10).write(tmp_path / "smoke" / "2026-11-23T23-40-00Z")


def test_a_good_run_passes_and_its_verdict_can_be_read_back(run: Path) -> None:
    judgement = evaluate(run, GATES)
    assert judgement.verdict is Verdict.PASS
    assert (judgement.campaign, judgement.run_id) == ("smoke", "smoke-2026-11-23T23-40-00Z")
    assert judgement.started == "2026-11-23T23:40:00.350Z"
    assert [one.id for one in judgement.criteria] == [*GATES, *FAILOVER]
    path = judgement.save(run)
    assert load_judgement(run) == judgement
    assert json.loads(path.read_text())["criteria"][0].keys() >= {
        "id", "title", "verdict", "limit", "measured", "unit", "margin", "samples", "why", "cameras"
    }  # fmt: skip


def test_judging_again_gives_the_same_judgement(run: Path) -> None:
    assert evaluate(run, GATES) == evaluate(run, GATES)


def test_fail_beats_unknown_beats_pass(tmp_path: Path) -> None:
    draft = plausible(4, 10)
    draft.texts["evidence/ledger.jsonl"] = ""
    assert evaluate(draft.write(tmp_path / "one"), GATES).verdict is Verdict.UNKNOWN
    draft.row("playback", "cam-000001")["ok"] = False
    assert evaluate(draft.write(tmp_path / "two"), GATES).verdict is Verdict.FAIL


def test_an_empty_folder_is_unknown_in_every_criterion(tmp_path: Path) -> None:
    judgement = evaluate(tmp_path, GATES | FAILOVER)
    assert {one.verdict for one in judgement.criteria} == {Verdict.UNKNOWN}
    assert all(one.why for one in judgement.criteria)
    assert (judgement.started, judgement.finished) == ("", "")


def test_criteria_without_a_limit_do_not_apply_and_nothing_judged_is_no_pass(run: Path) -> None:
    judgement = evaluate(run, {"playback": "100%"})
    assert judgement.verdict is Verdict.PASS
    assert sum(one.verdict is Verdict.NOT_APPLICABLE for one in judgement.criteria) == len(GATES | FAILOVER) - 1
    assert evaluate(run, {}).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("content", [b"", b"PAR1 not really", b"{}"])
@pytest.mark.parametrize("table", ["cameras", "requests", "playback", "metrics", "segments"])
def test_a_damaged_table_is_unknown(run: Path, table: str, content: bytes) -> None:
    Evidence(run).check(table).write_bytes(content)
    judgement = evaluate(run, GATES)
    assert judgement.verdict is Verdict.UNKNOWN
    assert sum(one.verdict is Verdict.UNKNOWN for one in judgement.criteria) >= 2


def test_data_damaged_behind_a_good_footer_is_unknown(run: Path) -> None:
    path = Evidence(run).check("playback")
    whole = bytearray(path.read_bytes())
    whole[4 : len(whole) // 2] = b"\xff" * (len(whole) // 2 - 4)
    path.write_bytes(whole)
    (playback,) = [one for one in evaluate(run, GATES).criteria if one.id == "playback"]
    assert playback.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize(
    "table",
    [pa.table({"camera": ["cam-000001"]}), pa.table({"camera": ["cam-000001"], "ok": ["yes"]})],
    ids=["columns missing", "another type"],
)
def test_another_schema_is_unknown_and_names_the_columns(run: Path, table: pa.Table) -> None:
    pq.write_table(table, run / "evidence/playback.parquet")
    (playback,) = [one for one in evaluate(run, GATES).criteria if one.id == "playback"]
    assert playback.verdict is Verdict.UNKNOWN
    assert "another schema" in playback.why
    assert "ok" in playback.why


def test_a_table_without_rows_is_missing_but_no_gaps_are_good(run: Path) -> None:
    path = Evidence(run).check("metrics")
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    with pytest.raises(EvidenceMissing, match="no rows"):
        Evidence(run).check("metrics")
    assert pq.read_metadata(Evidence(run).check("gaps")).num_rows == 0


def test_a_run_folder_with_odd_characters_is_read(tmp_path: Path) -> None:
    run = plausible(4, 10).write(tmp_path / "it's [odd] *" / "2026")
    assert evaluate(run, GATES).verdict is Verdict.PASS


class Broken:
    id, title, fail_title, why, how = "playback", "Broken", "Broken", "", ""
    unit = all_criteria()["playback"].unit
    requires: tuple[str, ...] = ()

    def tally(self, evidence: Evidence) -> None:
        raise ZeroDivisionError("no cameras")

    def merge(self, a: None, b: None) -> None:
        return None

    def result(self, tally: None, limit: float) -> CriterionResult:
        return CriterionResult(Verdict.PASS)


def test_a_criterion_that_breaks_is_unknown_with_its_cause(run: Path) -> None:
    judgement = evaluate(run, {"playback": "100%"}, {"playback": Broken()})
    assert judgement.verdict is Verdict.UNKNOWN
    assert "ZeroDivisionError: no cameras" in judgement.criteria[0].why


def test_criteria_are_found_and_have_words() -> None:
    found = all_criteria()
    assert set(found) == set(GATES | FAILOVER)
    for criterion in found.values():
        words: list[Any] = [criterion.title, criterion.fail_title, criterion.why, criterion.how]
        assert all(words)
        assert criterion.title != criterion.fail_title


def test_two_criteria_with_one_id_are_refused() -> None:
    with pytest.raises(CitycamError, match="two criteria are called 'playback'"):
        by_id([Broken(), Broken()])
