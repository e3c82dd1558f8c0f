"""What the import has to say about a file, a sheet, a row or a cell; and about contradictions between submissions."""

from __future__ import annotations

from enum import StrEnum

from citycam.model.documents import Document


class Level(StrEnum):
    """`error` rejects its row or file, `note` does not, `info` tells what was left out and why that is right."""

    ERROR = "error"
    NOTE = "note"
    INFO = "info"


class Remark(Document):
    """One remark. `row` counts from 1 as a spreadsheet shows it; 0 is the sheet or the file as a whole.

    `column` is the title in the file, `field` the column of the form as which it was read. `found` is what the cell
    holds, without credentials; `right` is what would be.
    """

    level: Level
    file: str = ""
    sheet: str = ""
    row: int = 0
    cell: str = ""
    column: str = ""
    field: str = ""
    found: str = ""
    wrong: str
    right: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            part for part in (self.file, self.sheet, self.cell or (f"row {self.row}" if self.row else "")) if part
        )
        remedy = f"; {'right would be' if self.row else 'next:'} {self.right}" if self.right else ""
        return f"{place}: {self.column + ': ' if self.column else ''}{self.wrong}{remedy}"
