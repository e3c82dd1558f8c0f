"""Read a submitted file into sheets of cells, without believing anything it says of itself.

Nothing is executed and nothing is fetched: formulas are their text, macros refuse the file, and what would not fit in
memory is refused before it is unpacked. Each refusal is a `ConfigError` about that one file.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from citycam.inventory.spelling import Cell
from citycam.model.errors import ConfigError

LARGEST_FILE = 64 * 2**20
LARGEST_UNPACKED = 400 * 2**20
MOST_ROWS = 200_000
MOST_CELLS = 20_000_000
"""Limits of one file: bytes as sent, bytes unpacked, rows of a sheet, cells of a sheet's rectangle."""

_REFERENCE = re.compile(rb"""\br=["']([A-Za-z]{0,3})([0-9]{1,9})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b""")
_FORMULA = re.compile(rb"""<(?:\w+:)?f[\s>/]""")
_CHUNK = 1 << 20
_OVERLAP = 64

Row = Sequence[Cell]
Merged = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""


@dataclass(frozen=True)
class Sheet:
    """Rows of cells; row 0 is the first of the sheet. `formulas` are the cells whose value is a formula's text."""

    name: str
    rows: Sequence[Row]
    merged: tuple[Merged, ...] = ()
    formulas: frozenset[tuple[int, int]] = field(default_factory=frozenset)


def read_workbook(name: str, content: bytes) -> list[Sheet]:
    """The sheets of an XLSX or CSV file, by its content.

    Raises:
        ConfigError: empty, too large, damaged, encrypted, with macros, of another kind, or in an unknown encoding.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise _refused(name, "the file is empty", "send it again with its rows")
    if len(content) > LARGEST_FILE:
        raise _refused(name, f"the file has {len(content):,} bytes", f"at most {LARGEST_FILE:,}: split it")
    if content.startswith(b"PK"):
        return _xlsx(name, content)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise _refused(name, "an old .xls or an encrypted workbook", "save it as .xlsx without a password")
    return [Sheet("", _csv(name, content))]


def _xlsx(name: str, content: bytes) -> list[Sheet]:
    from python_calamine import CalamineError, CalamineWorkbook

    with_formulas = _inspect(name, content)
    if with_formulas:
        return _with_formulas(name, content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = []
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            rows = sheet.to_python(skip_empty_area=False)
            sheets.append(Sheet(title, rows, _rectangles(sheet.merged_cell_ranges or [])))
        return sheets
    except (CalamineError, ValueError, OSError, OverflowError) as error:
        raise _refused(name, "the workbook is damaged", "open and save it again", str(error)) from error


def _with_formulas(name: str, content: bytes) -> list[Sheet]:
    """The slow way, for the few workbooks that hold formulas: their text is the value, never their result."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except Exception as error:  # openpyxl raises whatever its parsers do
        raise _refused(name, "the workbook is damaged", "open and save it again", str(error)) from error
    sheets = []
    for sheet in book.worksheets:
        rows: list[list[Cell]] = []
        formulas = set()
        for at, line in enumerate(sheet.iter_rows()):
            rows.append([_value(cell.value) for cell in line])
            formulas |= {(at, column) for column, cell in enumerate(line) if cell.data_type == "f"}
        merged = tuple(
            (area.min_row - 1, area.min_col - 1, area.max_row - 1, area.max_col - 1)
            for area in sorted(sheet.merged_cells.ranges, key=str)
        )
        sheets.append(Sheet(sheet.title, rows, merged, frozenset(formulas)))
    return sheets


def _value(value: object) -> Cell:
    text = getattr(value, "text", value)  # an array formula
    return text if text is None or isinstance(text, Cell) else str(text)


def _rectangles(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> tuple[Merged, ...]:
    return tuple(sorted((*start, *end) for start, end in ranges))


def _inspect(name: str, content: bytes) -> bool:
    """Unpack every part once, in pieces and counted, before a parser sees it; whether there are formulas.

    Reading to the end checks sizes and sums, so the parser unpacks no more than was counted here.
    """
    formulas = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if any(part.lower().endswith(("vbaproject.bin", "macrosheets")) or "macrosheet" in part for part in names):
                raise _refused(name, "the workbook holds macros", "save it as .xlsx, without macros")
            if len(set(names)) != len(names):
                raise _refused(name, "parts of the workbook come twice", "open and save it again")
            if "xl/workbook.xml" not in names and not any(part.endswith("workbook.xml") for part in names):
                raise _refused(name, "a ZIP file that is no workbook", "send .xlsx or .csv")
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise _refused(name, f"it unpacks to more than {LARGEST_UNPACKED:,} bytes", "split it")
            unpacked = 0
            for part in archive.infolist():
                counts = _Counts()
                for piece in _pieces(archive, part):
                    unpacked += len(piece)
                    if unpacked > LARGEST_UNPACKED:
                        raise _refused(name, f"it unpacks to more than {LARGEST_UNPACKED:,} bytes", "split it")
                    if part.filename.endswith((".xml", ".rels")):
                        counts.add(piece, worksheet="worksheets/" in part.filename)
                        counts.check(name)
                formulas = formulas or counts.formulas
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise _refused(name, "the workbook is damaged", "open and save it again", str(error)) from error
    except Exception as error:
        if type(error).__name__ == "error":  # zlib.error has no better name
            raise _refused(name, "the workbook is damaged", "open and save it again", str(error)) from error
        raise
    return formulas


class _Counts:
    """What a part of a workbook would take in memory."""

    def __init__(self) -> None:
        self.formulas = self.foreign = False
        self.rows = self.last_row = self.last_column = 0
        self._tail = b""

    def add(self, piece: bytes, *, worksheet: bool) -> None:
        text = self._tail + piece
        self.foreign = (
            self.foreign or b"<!DOCTYPE" in text or text.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in text
        )
        if worksheet:
            self.rows += len(_ROW.findall(piece))
            self.formulas = self.formulas or _FORMULA.search(text) is not None
            for column, row in set(_REFERENCE.findall(text)):
                self.last_row = max(self.last_row, int(row))
                if len(column) > 1 or self.last_column < 26:
                    self.last_column = max(self.last_column, _column_number(column))
        self._tail = text[-_OVERLAP:]

    def check(self, name: str) -> None:
        rows = max(self.rows, self.last_row)
        if self.foreign:
            raise _refused(name, "its XML is not that of a workbook", "open and save it again", "DOCTYPE or UTF-16")
        if rows > MOST_ROWS:
            raise _refused(
                name, f"a sheet of more than {MOST_ROWS:,} rows", "delete the empty rows below the table, or split it"
            )
        if rows * self.last_column > MOST_CELLS:
            raise _refused(
                name, f"a sheet of {rows:,} × {self.last_column:,} cells", "delete what lies far from the table"
            )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _pieces(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(part) as stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _csv(name: str, content: bytes) -> list[Row]:
    text = _text(name, content)
    sample = text[:65536].splitlines()[:30]
    delimiter = max(";\t|,", key=lambda mark: sum(line.count(mark) for line in sample))
    rows: list[Row] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(row)
            if len(rows) > MOST_ROWS:
                raise _refused(name, f"more than {MOST_ROWS:,} rows", "split it")
    except csv.Error as error:
        raise _refused(name, "not a table", "save it again as CSV UTF-8", str(error)) from error
    return rows


def _text(name: str, content: bytes) -> str:
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(
            name, "neither UTF-8 nor UTF-16 text", "save it as .xlsx, or as CSV UTF-8", f"byte {error.start}"
        ) from error
    if "\0" in text:
        raise _refused(name, "neither a workbook nor text", "send .xlsx or .csv")
    return text


def _refused(name: str, what: str, remedy: str, why: str = "") -> ConfigError:
    return ConfigError(what, where=name, why=why, next=remedy)
