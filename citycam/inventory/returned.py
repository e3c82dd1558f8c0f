"""The workbook that goes back to a submitter: rejected rows with the wrong cells marked, and every remark as a list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from citycam.inventory.formula import STARTS, legal
from citycam.inventory.languages import translated
from citycam.inventory.remark import Level, Remark
from citycam.inventory.saved import saved
from citycam.inventory.submission import Returned, Submission

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_NAME = re.compile(r"[\[\]:*?/\\]")
MOST_REMARKS = 50_000


def returned_workbook(submission: Submission) -> bytes:
    """The rejected rows of a submission as an XLSX: one sheet for each of its own, and `Lỗi` with all remarks.

    Wrong cells are red and carry what is wrong and what would be right. Every cell is text.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for sheet, titles in submission.titles.items():
        rows = [row for row in submission.returned if row.sheet == sheet]
        if rows:
            _sheet(book, _title(book.sheetnames, sheet or submission.file), titles, rows)
    _remarks(book, submission.remarks)
    return saved(book)


def _sheet(book: Workbook, title: str, titles: Sequence[str], rows: Iterable[Returned]) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    sheet = cast("WriteOnlyWorksheet", book.create_sheet(title))
    red = PatternFill("solid", fgColor="F4B6B6")
    yellow = PatternFill("solid", fgColor="FFF2B3")
    sheet.append([_text(sheet, text) for text in (*titles, "Dòng gốc / Row", "Lỗi / Errors")])
    for row in rows:
        cells: list[Cell] = [_text(sheet, text) for text in row.cells]
        cells += [_text(sheet, "") for _ in range(len(titles) - len(cells))]
        said: dict[int, list[Remark]] = {}
        for column, remark in row.remarks:
            said.setdefault(column, []).append(remark)
        for column, remarks in said.items():
            if 0 <= column < len(cells):
                wrong = any(remark.level is Level.ERROR for remark in remarks)
                cells[column].fill = red if wrong else yellow
                cells[column].comment = Comment("\n".join(map(_words, remarks)), "citycam", width=320, height=110)
        errors = [f"{remark.column}: {_words(remark)}" for _, remark in row.remarks if remark.level is Level.ERROR]
        sheet.append([*cells, _text(sheet, str(row.row)), _text(sheet, "\n".join(errors))])


def _remarks(book: Workbook, remarks: Sequence[Remark]) -> None:
    sheet = cast("WriteOnlyWorksheet", book.create_sheet("Lỗi"))
    for line in (
        (
            "Mức/Level",
            "Tệp/File",
            "Trang/Sheet",
            "Dòng/Row",
            "Ô/Cell",
            "Cột/Column",
            "Giá trị/Found",
            "Sai/Wrong",
            "Đúng/Right",
        ),
        *(
            (
                *(one.level, one.file, one.sheet, str(one.row or ""), one.cell, one.column, one.found),
                *(" / ".join(dict.fromkeys((translated(text, "vi"), text))) for text in (one.wrong, one.right)),
            )
            for one in remarks[:MOST_REMARKS]
        ),
    ):
        sheet.append([_text(sheet, text) for text in line])


def _text(sheet: WriteOnlyWorksheet, text: str) -> Cell:
    """A cell that stays text, also when it looks like a formula."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, legal(text)[:32_000])
    cell.data_type = "s"
    if text.startswith(STARTS):
        cell.quotePrefix = True
    return cell


def _words(remark: Remark) -> str:
    """In Vietnamese, then in English."""
    told = [" → ".join(filter(None, (translated(remark.wrong, "vi"), translated(remark.right, "vi"))))]
    told.append(" → ".join(filter(None, (remark.wrong, remark.right))))
    return "\n".join(dict.fromkeys(told))


def _title(taken: Sequence[str], wanted: str) -> str:
    base = _NAME.sub("_", wanted)[:25] or "Camera"
    names = [base, *(f"{base} {number}" for number in range(2, 1000))]
    return next(name for name in names if name not in taken and name != "Lỗi")
