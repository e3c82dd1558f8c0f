from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.inventory.inventory import dump_records
from citycam.plan.tests.cities import city


def call(*arguments: object) -> int:
    return CliRunner().invoke(app, [*map(str, arguments)]).exit_code


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.jsonl"
    path.write_text(dump_records(city(60)), encoding="utf-8")
    return path


def test_both_reports_are_written_with_their_workbooks(inventory: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert call("plan", "-i", inventory, "-o", plan) == 0
    assert call("inventory", "report", "-i", inventory, "-o", tmp_path / "a.html", "--at", "2026-11-24") == 0
    assert call("plan", "report", plan, "-o", tmp_path / "b.html", "-l", "fr") == 0
    assert '<html lang="vi">' in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "Phases" in load_workbook(tmp_path / "b.xlsx").sheetnames


def test_proposals_are_compared_and_unreadable_ones_are_refused(inventory: Path, tmp_path: Path) -> None:
    proposals, out = tmp_path / "proposals.xlsx", tmp_path / "a.html"
    assert call("policy", "sample", "--proposals", 20, "--near", inventory, "--out", proposals) == 0
    arguments = ("inventory", "report", "-i", inventory, "-o", out, "-l", "en", "--proposals")
    assert call(*arguments, proposals) == 0
    assert "Proposals that overlap" in out.read_text(encoding="utf-8")
    broken = tmp_path / "broken.json"
    broken.write_text('[{"id": "DX-1"}]', encoding="utf-8")
    assert call(*arguments, broken) == 2


def test_a_language_that_is_not_spoken_is_refused(inventory: Path, tmp_path: Path) -> None:
    assert call("inventory", "report", "-i", inventory, "-o", tmp_path / "a.html", "-l", "de") == 2
    assert not (tmp_path / "a.html").exists()
