"""A submitted file, read: its cameras with the rows they come from, and a remark for whatever was not plain."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from citycam.inventory import network
from citycam.inventory.columns import Table, columns, find_table
from citycam.inventory.network import Credentials
from citycam.inventory.remark import Level, Remark
from citycam.inventory.row import Facts, Question, Reading
from citycam.inventory.rows import read_row
from citycam.inventory.spelling import Cell, fold, shown
from citycam.inventory.workbook import Row, Sheet, read_workbook
from citycam.model.errors import ConfigError

SECRET_FIELDS = ("username", "password")
EXAMPLE = "VÍ DỤ / EXAMPLE"
"""What the form's example row has for a number."""

_SUBMITTER = re.compile(
    r"(?:tên\s+)?(?:đơn\s*vị|cơ\s*quan|submitter|agency)(?:\s+(?:báo\s*cáo|gửi|lập|nộp|cung\s*cấp|quản\s*lý))?\s*[:：]\s*(.*)",
    re.IGNORECASE,
)
_SUMS = ("tong", "cong", "total", "sum")


@dataclass(frozen=True)
class Observation:
    """One camera as one row tells of it. `facts` are fields of a `CameraRecord` as JSON has them."""

    facts: Facts
    sheet: str
    row: int
    part: int = 1


@dataclass(frozen=True)
class Returned:
    """A rejected row on its way back: its cells as text without credentials, and what is wrong in which column."""

    sheet: str
    row: int
    cells: tuple[str, ...]
    remarks: tuple[tuple[int, Remark], ...]


@dataclass(frozen=True)
class Asked:
    """A question that a row leaves open."""

    sheet: str
    row: int
    question: Question


@dataclass
class Submission:
    """What one file holds. `rows` counts the rows that tell of cameras; each is accepted, noted or rejected."""

    file: str
    digest: str
    submitter: str
    received: datetime
    rows: int = 0
    noted: int = 0
    rejected: int = 0
    observations: list[Observation] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    questions: list[Asked] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    titles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    credentials: dict[tuple[str, int], Credentials] = field(default_factory=dict, repr=False)

    @property
    def accepted(self) -> int:
        """Rows about which there was nothing to say."""
        return self.rows - self.noted - self.rejected


def read_submission(name: str, content: bytes, received: datetime) -> Submission:
    """Read a file. Pure: the same bytes and time give the same submission.

    Raises:
        ConfigError: the file as a whole cannot be read, or holds no table of cameras.
    """
    sheets = read_workbook(name, content)
    tables = {sheet.name: find_table(sheet) for sheet in sheets}
    if not any(tables.values()):
        raise ConfigError(
            "there is no table of cameras in it",
            where=name,
            why="no row names at least three columns of the form",
            next="fill in the form of `citycam inventory template`",
        )
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    out = Submission(name, digest, _submitter(name, sheets, tables), received)
    for sheet in sheets:
        table = tables[sheet.name]
        if table is None:
            filled = sum(any(cell not in (None, "") for cell in row) for row in sheet.rows)
            if filled and not _belongs_to_form(sheet):
                out.remarks.append(
                    _remark(out, sheet, Level.INFO, wrong=f"no table of cameras; {filled} rows left out")
                )
            continue
        _read_table(out, sheet, table)
    return out


def _belongs_to_form(sheet: Sheet) -> bool:
    return sheet.name in {"Hướng dẫn", "Danh mục"}


def _read_table(out: Submission, sheet: Sheet, table: Table) -> None:
    _remark_columns(out, sheet, table)
    rows = _filled_down(sheet, table)
    width = max(table.titles) + 1
    titles = frozenset(part for title in table.titles.values() for part in title.split(" / "))
    out.titles[sheet.name] = tuple(table.titles.get(at, "") for at in range(width))
    for at in range(table.first_row, len(rows)):
        row = rows[at]
        cells = {name: row[column] for name, column in table.columns.items() if column < len(row)}
        left_out = _no_camera(row, cells, titles)
        if left_out:
            text = " ".join(text for text in _told(row, table) if text)[:120]
            out.remarks.append(_remark(out, sheet, Level.INFO, row=at + 1, wrong=left_out, found=text))
        elif left_out is None:
            _read_camera(out, sheet, table, at, row, cells)


def _read_camera(out: Submission, sheet: Sheet, table: Table, at: int, row: Row, cells: Mapping[str, Cell]) -> None:
    formulas = [name for name, column in table.columns.items() if (at, column) in sheet.formulas]
    reading = read_row(cells, out.submitter, out.received.date(), table.units, formulas)
    out.rows += 1
    out.rejected += reading.rejected
    out.noted += bool(reading.spots) and not reading.rejected
    remarks = [(column, remark) for column, remark in _row_remarks(out, sheet, table, at, cells, reading)]
    out.remarks += [remark for _, remark in remarks]
    if reading.rejected:
        texts = _told(row[: max(table.titles) + 1], table)
        out.returned.append(Returned(sheet.name, at + 1, texts, tuple(remarks)))
        return
    if reading.credentials:
        out.credentials[sheet.name, at + 1] = reading.credentials
    out.questions += [Asked(sheet.name, at + 1, question) for question in reading.questions]
    out.observations += [Observation(facts, sheet.name, at + 1, part) for part, facts in enumerate(reading.cameras, 1)]


def _told(row: Row, table: Table) -> tuple[str, ...]:
    """The cells of a row as text, without credentials."""
    secret = {table.columns[name] for name in SECRET_FIELDS if name in table.columns}
    return tuple(
        "…" if column in secret and cell not in (None, "") else network.redacted(shown(cell))
        for column, cell in enumerate(row)
    )


def _row_remarks(
    out: Submission, sheet: Sheet, table: Table, at: int, cells: Mapping[str, Cell], reading: Reading
) -> Iterable[tuple[int, Remark]]:
    for spot in reading.spots:
        column = table.columns.get(spot.field, -1)
        secret = spot.field in SECRET_FIELDS
        yield (
            column,
            _remark(
                out,
                sheet,
                spot.level,
                row=at + 1,
                cell=f"{letters(column)}{at + 1}" if column >= 0 else "",
                column=table.titles.get(column, columns()[spot.field].vi),
                found="…" if secret else network.redacted(shown(cells.get(spot.field)))[:200],
                field=spot.field,
                wrong=network.redacted(spot.wrong),
                right=spot.right,
            ),
        )


def _remark_columns(out: Submission, sheet: Sheet, table: Table) -> None:
    row = table.first_row
    for column, name in sorted(table.guessed.items()):
        told = f"the column was read as {columns()[name].vi}"
        out.remarks.append(
            _remark(out, sheet, Level.INFO, row=row, cell=letters(column), column=table.titles[column], wrong=told)
        )
    for column in table.unknown:
        filled = sum(column < len(line) and line[column] not in (None, "") for line in sheet.rows[row:])
        if filled:
            told = f"no column of the form is called so; {filled} cells left out"
            out.remarks.append(
                _remark(out, sheet, Level.INFO, row=row, cell=letters(column), column=table.titles[column], wrong=told)
            )


def _filled_down(sheet: Sheet, table: Table) -> Sequence[Row]:
    """Rows with what a merged cell says in each row it spans."""
    spans = [area for area in sheet.merged if area[2] >= table.first_row and area[1] == area[3] and area[2] > area[0]]
    if not spans:
        return sheet.rows
    rows = [list(row) for row in sheet.rows]
    for top, left, bottom, _ in spans:
        for at in range(max(top, table.first_row), min(bottom + 1, len(rows))):
            if left < len(rows[at]) and left < len(rows[top]):
                rows[at][left] = rows[top][left]
    return rows


def _no_camera(row: Row, cells: Mapping[str, Cell], titles: frozenset[str]) -> str | None:
    """Why a row tells of no camera; "" for an empty one, None for a camera's."""
    filled = [shown(cell) for cell in row if cell is not None and cell != "" and shown(cell)]
    if not filled:
        return ""
    if EXAMPLE in filled:
        return "the form's example"
    told = {name for name, cell in cells.items() if name != "number" and shown(cell)}
    if fold(filled[0]).startswith(_SUMS) and len(filled) < 6:
        return "a sum, not a camera"
    if len(filled) == 1 or (len(told) <= 1 and not told & {"serial", "mac", "ip", "url", "position", "latitude"}):
        return "a heading, not a camera"
    if sum(text in titles for text in filled) >= max(3, len(filled) / 2):
        return "the header once more"
    return None


def _submitter(name: str, sheets: Sequence[Sheet], tables: Mapping[str, Table | None]) -> str:
    """Who sends: the line above the table, else the agency that most rows name, else the file's name."""
    for sheet in sheets:
        table = tables[sheet.name]
        for row in sheet.rows[: table.first_row - 1] if table else ():
            texts = [shown(cell) for cell in row if shown(cell)]
            for at, text in enumerate(texts):
                found = _SUBMITTER.fullmatch(text)
                told = found[1] or (texts[at + 1] if at + 1 < len(texts) else "") if found else ""
                if told:
                    return told[:200]
    agencies = Counter(
        shown(row[table.columns["agency"]])
        for sheet in sheets
        if (table := tables[sheet.name]) and "agency" in table.columns
        for row in sheet.rows[table.first_row :]
        if len(row) > table.columns["agency"] and shown(row[table.columns["agency"]])
    )
    return min(agencies, key=lambda one: (-agencies[one], one))[:200] if agencies else PurePath(name).stem


def letters(column: int) -> str:
    """`A` for 0, `AB` for 27."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def _remark(
    out: Submission,
    sheet: Sheet,
    level: Level,
    *,
    wrong: str,
    row: int = 0,
    cell: str = "",
    column: str = "",
    field: str = "",
    found: str = "",
    right: str = "",
) -> Remark:
    return Remark(
        level=level,
        file=out.file,
        sheet=sheet.name,
        row=row,
        cell=cell,
        column=column,
        field=field,
        found=found,
        wrong=wrong,
        right=right,
    )
