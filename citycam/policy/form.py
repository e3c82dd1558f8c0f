"""The columns of a table of proposals, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from citycam.inventory import quantities
from citycam.inventory.dates import day
from citycam.inventory.spelling import Cell, Unreadable, fold, shown

FORM = Path(__file__).parent / "form.yaml"

REQUIRED = ("id", "title", "agency", "submitted", "cameras")
VIEW = ("position_error_m", "kind", "azimuth_deg", "field_of_view_deg", "range_m", "width")
"""Columns of one camera; latitude and longitude are read together."""


@dataclass(frozen=True)
class Column:
    """A column: its titles, and the words of its choices, folded → value."""

    name: str
    vi: str
    en: str
    names: tuple[str, ...] = ()
    choices: Mapping[str, str] = field(default_factory=dict)


@cache
def columns() -> Mapping[str, Column]:
    """Field → column, in the order of the form."""
    tree = YAML(typ="safe", pure=True).load(FORM.read_text(encoding="utf-8"))
    return {name: _column(name, **facts) for name, facts in tree.items()}


def field_of(title: Cell) -> str | None:
    """The field that a title names, in either language, with or without marks and units; None for none."""
    text = shown(title)
    bare = re.sub(r"\(.*?\)|\*", " ", text)
    return _titles().get(fold(text)) or _titles().get(fold(bare))


def read(name: str, cell: Cell) -> Any:
    """The value of a cell of the column `name`.

    Raises:
        Unreadable: what is wrong with it, and what would be right.
    """
    choices = columns()[name].choices
    if choices:
        if fold(shown(cell)) not in choices:
            values = dict.fromkeys(choices.values())
            raise Unreadable(f"{shown(cell)!r} is not one of the choices", "one of " + ", ".join(values))
        return choices[fold(shown(cell))]
    return _READERS.get(name, shown)(cell)


def _column(name: str, vi: str, en: str, names: tuple[str, ...] = (), choices: Any = None) -> Column:
    words = {fold(word): value for value, others in (choices or {}).items() for word in (value, *others)}
    return Column(name, vi, en, tuple(names), words)


@cache
def _titles() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for column in columns().values():
        for title in (column.name.replace("_", " "), column.vi, column.en, *column.names):
            found.setdefault(fold(title), column.name)
            found.setdefault(fold(re.sub(r"\(.*?\)", " ", title)), column.name)
    return found


def _day(cell: Cell) -> date:
    return day(cell, date(2100, 1, 1))[0]


def _count(low: int, high: int) -> Callable[[Cell], int]:
    return lambda cell: int(quantities.within(_whole(cell), low, high, ""))


def _whole(cell: Cell) -> float:
    value = quantities.number(cell, whole=True)
    if not value.is_integer():
        raise Unreadable(f"{shown(cell)} is not a whole number", "a whole number, as in 12")
    return value


def _metres(low: float, high: float) -> Callable[[Cell], float]:
    return lambda cell: quantities.within(quantities.number(cell), low, high, "m")


_READERS: Mapping[str, Callable[[Cell], Any]] = {
    **dict.fromkeys(("submitted", "exemption_dated", "exemption_expires", "tender_awarded", "tender_signed"), _day),
    "tender_until": _day,
    "cameras": _count(0, 100_000),
    "exemption_covers": _count(1, 100_000),
    "budget_vnd": _count(0, 10**14),
    "width": _count(16, 20_000),
    "position_error_m": _metres(0, 5_000),
    "range_m": _metres(1, 5_000),
    "azimuth_deg": lambda cell: quantities.azimuth(cell)[0],
    "field_of_view_deg": lambda cell: quantities.within(quantities.number(cell), 1, 360, "°"),
    "replaces": lambda cell: tuple(part.strip() for part in re.split(r"[,;\n]", shown(cell)) if part.strip()),
}
