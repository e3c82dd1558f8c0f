from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from citycam.model.errors import ConfigError
from citycam.policy.table import write_proposals
from citycam.policy.tests.proposals import proposal

SLY = proposal(title='=HYPERLINK("http://x","y")', site="+84", supplier="@SUM(A1)")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    write_proposals(tmp_path / "a.csv", [SLY])
    cells = list(csv.reader((tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()))[1]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    write_proposals(tmp_path / "a.xlsx", [SLY])
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown kind"):
        write_proposals(tmp_path / "a.pdf", [SLY])


def test_a_file_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        write_proposals(tmp_path / "no" / "a.csv", [SLY])
