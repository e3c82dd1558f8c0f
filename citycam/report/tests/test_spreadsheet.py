from __future__ import annotations

import io
from typing import Any

from openpyxl import load_workbook

from citycam.report.spreadsheet import workbook
from citycam.report.table import Mix, Row, Table
from citycam.report.wording import Quantity, Term

ROWS: list[Row] = [
    ["=HYPERLINK(\"http://x\")", Quantity(1_500_000, "rate"), Mix((("rtsp", 2),)), Term("route.onvif"), None],
    ["+1\x07", Quantity(20, "rate"), Mix(()), Term("route.rtsp"), Quantity(0.5, "share")],
]  # fmt: skip
TABLE = Table("t", "section.gateways", ("site", "rate", "mix", "route", "share"), ROWS)


def opened(*tables: Table, language: str = "en") -> Any:
    return load_workbook(io.BytesIO(workbook(tables, language)))


def test_a_text_is_never_a_formula_and_control_characters_go() -> None:
    sheet = opened(TABLE).active
    assert sheet["A2"].value == '=HYPERLINK("http://x")'
    assert (sheet["A2"].data_type, sheet["A3"].data_type) == ("s", "s")
    assert sheet["A3"].value == "+1"


def test_numbers_are_numbers_with_their_unit_in_the_header_and_bars_are_left_out() -> None:
    sheet = opened(TABLE).active
    assert [cell.value for cell in sheet[1]] == ["Site", "Bit rate (b/s)", "Way in", "Meet it"]
    assert [cell.value for cell in sheet[2]] == ['=HYPERLINK("http://x")', 1_500_000, "asked by ONVIF", None]
    assert (sheet["D3"].value, sheet["D3"].number_format) == (0.5, "0.0%")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:D3")


def test_words_are_in_the_language_and_sheets_have_names_of_their_own() -> None:
    book = opened(TABLE, TABLE, language="vi")
    assert book.sheetnames == ["Máy chủ cổng", "Máy chủ cổng 2"]
    assert book.active["C2"].value == "hỏi qua ONVIF"


def test_no_table_is_still_a_workbook() -> None:
    assert len(opened().sheetnames) == 1
