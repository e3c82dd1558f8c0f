"""Benches: what is written, and what a failure says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from citycam.cli import bench
from citycam.cli.fleet_bench import Options, Sheet
from citycam.model.errors import EnvironmentFailure, ExitCode
from citycam.model.figure import Bar, Figure

SHEET = Sheet([Figure("stack up again", "s", (6.0, 7.0), Bar(15))], "More.\n", {"smoke.svg": "<svg/>"})


def test_rows_and_page_tell_the_same(tmp_path: Path) -> None:
    bench.write("smoke", SHEET, tmp_path / "build", tmp_path / "docs")
    (row,) = json.loads((tmp_path / "build" / "smoke.json").read_text())
    assert set(row) == {"metric", "value", "unit", "peer", "ratio", "runs", "spread", "bar", "holds"}
    assert row["value"] == 6.5
    page = (tmp_path / "docs" / "smoke.md").read_text()
    assert "| stack up again | 6.5 | s | ≤ 15 | yes |" in page
    assert "Python 3." in page
    assert page.endswith("\nMore.\n")
    assert (tmp_path / "docs" / "smoke.svg").read_text() == "<svg/>"


def test_a_failed_measurement_ends_with_its_code_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Options) -> Sheet:
        raise EnvironmentFailure("no engine", next="make setup")

    monkeypatch.setattr(bench, "PROJECT", tmp_path)
    monkeypatch.setitem(bench.BENCHES, "smoke", (lambda _: SHEET, fail))
    assert bench.main(["smoke"]) == ExitCode.ENVIRONMENT
    assert "no engine" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
