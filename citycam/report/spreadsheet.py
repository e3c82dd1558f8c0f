"""Tables as an XLSX workbook: one sheet each, a header that stays, filters; every text is text and never a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from citycam.report.table import Cell, Mix, Table
from citycam.report.wording import Quantity, in_language, tell

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NAME = re.compile(r"[\[\]:*?/\\]")
_WHOLE = "#,##0"
FORMATS = {"share": "0.0%", "degrees": "0.00000", "plain": "#,##0.0", "short": "General"}
"""Of other kinds: whole numbers."""
UNITS = {"rate": "b/s", "bytes": "B", "byterate": "B/s"}
"""Rates and sizes are whole numbers in a workbook, so that they can be added up; the header names the unit."""
WIDEST = 60
LOOKED_AT = 200


def workbook(tables: Sequence[Table], language: str) -> bytes:
    """The workbook. Titles and words are in one language."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for table in tables:
        sheet = cast("WriteOnlyWorksheet", book.create_sheet(_title(book.sheetnames, tell(table.title, language))))
        _fill(sheet, table, language)
    if not tables:
        book.create_sheet(tell("none", language)[:31])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Any, table: Table, language: str) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    kept = [at for at in range(len(table.columns)) if not table.is_bar(at)]
    titles = [_header(table, at, language) for at in kept]
    for number, at in enumerate(kept, 1):
        sample = [in_language(_plain(row[at]), language) for row in table.rows[:LOOKED_AT]]
        wide = max([len(titles[number - 1]), *map(len, sample)])
        sheet.column_dimensions[get_column_letter(number)].width = min(WIDEST, max(9, wide + 2))
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(kept))}{len(table.rows) + 1}"
    head = []
    for title in titles:
        cell = WriteOnlyCell(sheet, value=title)
        cell.data_type = "s"
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="E8EDF1")
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        head.append(cell)
    sheet.append(head)
    for row in table.rows:
        sheet.append(list(_cells(sheet, [row[at] for at in kept], language)))


def _header(table: Table, column: int, language: str) -> str:
    title = tell(f"column.{table.columns[column]}", language)
    kinds = {cell.kind for row in table.rows[:LOOKED_AT] if isinstance(cell := row[column], Quantity)}
    unit = UNITS.get(kinds.pop()) if len(kinds) == 1 else None
    return f"{title} ({unit})" if unit else title


def _cells(sheet: WriteOnlyWorksheet, row: Sequence[Cell], language: str) -> Iterator[Any]:
    from openpyxl.cell import WriteOnlyCell

    for value in row:
        match value:
            case Quantity():
                cell = WriteOnlyCell(sheet, value=value.value)
                cell.number_format = FORMATS.get(value.kind, _WHOLE)
                yield cell
            case None | Mix():
                yield None
            case bool() | int() | float() | date():
                yield value
            case _:
                text = _ILLEGAL.sub("", in_language(value, language))
                cell = WriteOnlyCell(sheet, value=text[:32_767])
                cell.data_type = "s"  # or a text that begins with = would be a formula
                yield cell


def _plain(cell: Cell) -> Any:
    return None if isinstance(cell, Mix) else cell


def _title(taken: Sequence[str], wanted: str) -> str:
    """A sheet's name: at most 31 characters, without what Excel forbids, and new."""
    name = _NAME.sub(" ", wanted)[:28].strip() or "Sheet"
    number = 2
    unique = name
    while unique.casefold() in {one.casefold() for one in taken}:
        unique = f"{name} {number}"
        number += 1
    return unique
