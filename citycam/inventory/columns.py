"""The columns of the form, and how the columns of any other table are recognised as them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from citycam.inventory.spelling import Cell, fold, shown
from citycam.inventory.workbook import Sheet

COLUMNS = Path(__file__).parent / "columns.yaml"
CLOSE = 90.0
"""Titles that agree to this (rapidfuzz ratio, 0 to 100) are one title written badly."""
LEAST = 3
"""A header names at least this many columns."""
DEEPEST = 40
"""Rows from the top in which a header is looked for."""


@dataclass(frozen=True)
class Column:
    """A column of the form: titles and notes in Vietnamese and English; `unit` is the prefix of a bare bit rate."""

    field: str
    vi: str
    en: str
    note_vi: str = ""
    note_en: str = ""
    names: tuple[str, ...] = ()
    form: bool = True
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Where a sheet's table is: the columns by field, titles by column, units, and the first row of data.

    `guessed` are titles that were only near, `unknown` are columns that no field claims; both by column.
    """

    columns: Mapping[str, int]
    titles: Mapping[int, str]
    units: Mapping[str, str]
    first_row: int
    guessed: Mapping[int, str]
    unknown: tuple[int, ...]


@cache
def columns() -> Mapping[str, Column]:
    """Field → column, in the order of the form."""
    tree = YAML(typ="safe", pure=True).load(COLUMNS.read_text(encoding="utf-8"))
    return {field: Column(field, **{**facts, "names": tuple(facts["names"])}) for field, facts in tree.items()}


@cache
def _titles() -> dict[str, str]:
    found: dict[str, str] = {}
    for column in columns().values():
        for title in (column.vi, column.en, f"{column.vi} {column.en}", column.field.replace("_", " "), *column.names):
            found.setdefault(fold(re.sub(r"\(.*?\)", " ", title)), column.field)
            found.setdefault(fold(title), column.field)
    return found


@lru_cache(maxsize=4096)
def field_of(title: str) -> tuple[str, float]:
    """The field that a title names and how well it does (100 is exact); ("", 0) for none."""
    from rapidfuzz import fuzz, process

    bare = re.sub(r"\(.*?\)|\[.*?\]|\*", " ", title)
    for words in (fold(title), fold(bare), *(fold(part) for part in re.split(r"[/\n|]", bare))):
        if words in _titles():
            return _titles()[words], 100.0
    words = fold(bare)
    if len(words) < 5:
        return "", 0.0
    best = process.extractOne(words, _titles().keys(), scorer=fuzz.ratio, score_cutoff=CLOSE)
    return (_titles()[best[0]], best[1]) if best else ("", 0.0)


def find_table(sheet: Sheet) -> Table | None:
    """The table of cameras in a sheet: its header may lie below titles, span rows, and have merged cells.

    None when no row names `LEAST` columns.
    """
    spread = _spread(sheet)
    scores = [len({name for name, _ in map(field_of, _words(row)) if name}) for row in spread]
    if not scores or max(scores) < LEAST:
        return None
    best = scores.index(max(scores))
    first, last = _header_rows(sheet, spread, scores, best)
    return _table(spread, first, last)


def _spread(sheet: Sheet) -> list[list[Cell]]:
    """The top of the sheet, with merged cells filled in."""
    rows = [list(row) for row in sheet.rows[:DEEPEST]]
    for top, left, bottom, right in sheet.merged:
        if top >= len(rows) or left >= len(rows[top]):
            continue
        for at in range(top, min(bottom + 1, len(rows))):
            row = rows[at]
            row[left : right + 1] = [rows[top][left]] * (min(right + 1, len(row)) - left)
    return rows


def _words(row: Sequence[Cell]) -> list[str]:
    return [shown(cell) for cell in row if isinstance(cell, str) and cell.strip()]


def _header_rows(sheet: Sheet, spread: list[list[Cell]], scores: list[int], best: int) -> tuple[int, int]:
    """From the row that groups columns to the row that names them."""
    first = last = best
    grouped = any(top <= best - 1 <= bottom and right - left < 8 for top, left, bottom, right in sheet.merged)
    if best > 0 and (scores[best - 1] >= 2 or (grouped and scores[best - 1])):
        first = best - 1
    if best + 1 < len(spread) and scores[best + 1] >= 2 and not _looks_like_data(spread[best + 1]):
        last = best + 1
    return first, last


def _looks_like_data(row: Sequence[Cell]) -> bool:
    return any(
        isinstance(cell, int | float) or re.search(r"\d{3}", shown(cell)) for cell in row if cell not in (None, "")
    )


def _table(spread: list[list[Cell]], first: int, last: int) -> Table:
    width = max(len(row) for row in spread[first : last + 1])
    titles: dict[int, str] = {}
    claims: list[tuple[float, int, str]] = []
    for column in range(width):
        stack = [shown(row[column]) for row in spread[first : last + 1] if column < len(row) and shown(row[column])]
        parts = list(dict.fromkeys(stack))
        if not parts:
            continue
        titles[column] = " / ".join(parts)
        claims += _claims(column, parts)
    columns_found: dict[str, int] = {}
    guessed: dict[int, str] = {}
    for score, column, name in sorted(claims, key=lambda claim: (-claim[0], claim[1])):
        if name not in columns_found and column not in columns_found.values():
            columns_found[name] = column
            if score < 100:
                guessed[column] = name
    units = {
        name: _unit(titles[at], columns()[name].unit) for name, at in columns_found.items() if columns()[name].unit
    }
    unknown = tuple(sorted(set(titles) - set(columns_found.values())))
    return Table(columns_found, titles, units, last + 1, guessed, unknown)


def _claims(column: int, parts: list[str]) -> list[tuple[float, int, str]]:
    """Fields that a column may be, by its own title before the group's."""
    whole, lowest, top = " ".join(parts), parts[-1], parts[0]
    for title, discount in ((whole, 0.0), (lowest, 0.0), (top, 0.5)):
        name, score = field_of(title)
        if name:
            return [(score - discount if score < 100 or not discount else 100 - discount, column, name)]
    return []


def _unit(title: str, usual: str) -> str:
    """`k`, `m` or nothing: the prefix of bits per second that a title tells."""
    found = re.search(r"\b([kmg])\s*b(?:it)?(?:ps|/s)", title, re.IGNORECASE)
    return found[1].lower() if found else usual
