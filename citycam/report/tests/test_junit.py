from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from citycam.gates.evaluate import evaluate
from citycam.gates.tests.runs import FAILOVER, GATES, Draft, plausible
from citycam.report.junit import write_junit


def written(draft: Draft, run: Path, limits: dict[str, str] = GATES) -> ElementTree.Element:
    draft.write(run)
    evaluate(run, limits).save(run)
    (suite,) = ElementTree.parse(write_junit(run)).getroot()
    return suite


def test_a_suite_is_a_campaign_and_a_case_a_criterion(tmp_path: Path) -> None:
    suite = written(plausible(4, 10), tmp_path)
    assert suite.get("name") == "smoke"
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("11", "0", "0")
    assert [case.get("name") for case in suite] == [*GATES, *FAILOVER]
    assert {child.tag for case in suite for child in case} == {"skipped"}


def test_fail_is_a_failure_unknown_an_error_and_no_limit_is_skipped(tmp_path: Path) -> None:
    draft = plausible(4, 10)
    draft.lose("cam-000002", 10)
    del draft.tables["metrics"]
    limits = {name: GATES[name] for name in ("frame-completeness", "cameras-connected")}
    cases = {case.get("name"): list(case) for case in written(draft, tmp_path, limits)}
    (failure,) = cases["frame-completeness"]
    assert failure.tag == "failure"
    assert "limit ≥ 99.99 %, measured 97.5 %, margin −2.49 pp" in (failure.get("message") or "")
    assert "cameras: cam-000002" in (failure.text or "")
    (error,) = cases["cameras-connected"]
    assert error.tag == "error"
    assert "metrics.parquet is missing" in (error.text or "")
    assert [child.tag for child in cases["playback"]] == ["skipped"]


def test_characters_that_xml_cannot_hold_do_not_break_the_file(tmp_path: Path) -> None:
    draft = plausible(4, 10)
    draft.row("playback", "cam-000001").update(ok=False, why="bad \x00\x1b[31m <&> ￾")
    suite = written(draft, tmp_path)
    assert suite.get("failures") == "1"
