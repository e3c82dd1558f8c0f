"""A table of a report: the same rows for the page and for the workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from citycam.policy.regulation import Words
from citycam.report.wording import Quantity, Term, Value

ON_PAGE = 200
"""Rows that a page shows; the workbook has all."""


@dataclass(frozen=True)
class Mix:
    """A bar of parts: CSS class → how many."""

    parts: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(count for _, count in self.parts)


Cell = Value | Mix
Row = Sequence[Cell]


@dataclass(frozen=True)
class Table:
    """Rows under columns, which are keys of the catalogue (`column.<name>`). `title` is one too."""

    id: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[Row]
    page_rows: int = ON_PAGE

    @property
    def shown(self) -> Sequence[Row]:
        """What the page shows."""
        return self.rows[: self.page_rows]

    def aligned_right(self, column: int) -> bool:
        """Whether a column holds numbers; the first one names its row, and stands left."""
        if column == 0:
            return False
        cells = [row[column] for row in self.shown if row[column] is not None]
        return bool(cells) and all(isinstance(cell, Quantity | int | float) for cell in cells)

    def is_bar(self, column: int) -> bool:
        """Whether a column holds bars, which a workbook leaves out."""
        return any(isinstance(row[column], Mix) for row in self.rows[:1])


@dataclass(frozen=True)
class Figure:
    """A number at the head of a report, with what it counts and a note."""

    value: Value
    label: str
    note: str = ""
    values: dict[str, Value] = field(default_factory=dict)
    bad: bool = False


def sort_value(cell: Cell) -> str:
    """What a column is sorted by: numbers as numbers, words as shown."""
    match cell:
        case Quantity():
            return repr(cell.value)
        case int() | float():
            return repr(cell)
        case Mix():
            return str(cell.total)
        case Term() | Words() | None:
            return ""
        case _:
            return str(cell)
