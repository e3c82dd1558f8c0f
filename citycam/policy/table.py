"""Proposals as a table: the form's columns, one row a camera; XLSX, CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from citycam.inventory.formula import escaped
from citycam.model.errors import ConfigError
from citycam.policy.form import columns
from citycam.policy.proposal import Proposal

Value = str | int | float


def write_proposals(path: Path, proposals: Sequence[Proposal]) -> None:
    """Write a file that `read_proposals` reads back, by its ending. No cell is a formula.

    Raises:
        ConfigError: another ending, or the file cannot be written.
    """
    writers = {".csv": _csv, ".xlsx": _xlsx, ".json": _json}
    write = writers.get(path.suffix.lower())
    if write is None:
        raise ConfigError("unknown kind of file", where=str(path), next=f"use one of {', '.join(writers)}")
    try:
        path.write_bytes(write(proposals))
    except OSError as error:
        raise ConfigError("cannot write the file", where=str(path), why=error.strerror or str(error)) from error


def rows(proposal: Proposal) -> Iterator[dict[str, Value]]:
    """Field of the form → value, one row for each view; only the first tells of the proposal beside its id."""
    facts = proposal.as_data()
    views: list[Any] = list(facts.pop("views", [])) or [{}]  # type: ignore[call-overload]
    exemption, tender = facts.pop("exemption", {}), facts.pop("tender", {})
    flat: dict[str, Any] = {**facts}
    for part, values in (("exemption", exemption), ("tender", tender)):
        for name, value in values.items():  # type: ignore[attr-defined]
            flat[part if name == "claim" else f"{part}_{name}"] = value
    if "replaces" in flat:
        flat["replaces"] = ", ".join(flat["replaces"])
    for number, view in enumerate(views):
        yield {**(flat if number == 0 else {"id": proposal.id}), **view}


def _csv(proposals: Sequence[Proposal]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.vi for column in columns().values()])
    for proposal in proposals:
        for row in rows(proposal):
            cells = (row.get(name, "") for name in columns())
            writer.writerow([escaped(cell) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(proposals: Sequence[Proposal]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Đề xuất")
    sheet.append([column.vi for column in columns().values()])
    for proposal in proposals:
        for row in rows(proposal):
            line = []
            for name in columns():
                value = row.get(name)
                cell = WriteOnlyCell(sheet, value if not isinstance(value, str) else escaped(value))
                if isinstance(value, str):
                    cell.data_type = "s"
                line.append(cell)
            sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _json(proposals: Sequence[Proposal]) -> bytes:
    tree = {"schema_version": 1, "proposals": [proposal.as_data() for proposal in proposals]}
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()
