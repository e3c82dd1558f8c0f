"""Read proposals from XLSX, CSV, JSON or YAML; what cannot be read is named with its place, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from citycam.inventory.coordinates import locate
from citycam.inventory.outline import kilometres_outside
from citycam.inventory.remark import Level, Remark
from citycam.inventory.spelling import Cell, Unreadable, says_unknown, shown
from citycam.inventory.workbook import LARGEST_FILE, Sheet, read_workbook
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.policy.form import REQUIRED, VIEW, columns, field_of, read
from citycam.policy.proposal import Proposal

DEEPEST = 30
"""Rows from the top in which the header is looked for."""


@dataclass
class Batch:
    """The proposals of some files, and what is wrong with the rest. `rows` says where each proposal came from."""

    proposals: list[Proposal] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    rows: dict[str, str] = field(default_factory=dict)

    def add(self, proposal: Proposal, file: str, sheet: str, row: int) -> None:
        """Take a proposal, unless its id is taken."""
        place = ", ".join(part for part in (file, sheet, f"row {row}" if row else "") if part)
        if proposal.id in self.rows:
            self.wrong(file, f"the id {proposal.id} is used twice, first at {self.rows[proposal.id]}", sheet, row, "id")
        else:
            self.proposals.append(proposal)
            self.rows[proposal.id] = place

    def wrong(self, file: str, wrong: str, sheet: str = "", row: int = 0, column: str = "", **more: str) -> None:
        """Say what cannot be read; `more` is what was `found` and what would be `right`."""
        place = {"file": file, "sheet": sheet, "row": row, "column": column}
        self.remarks.append(Remark.model_validate({"level": Level.ERROR, "wrong": wrong, **place, **more}))


class _File(Document):
    schema_version: Literal[1]
    proposals: tuple[Proposal, ...]


def read_proposals(paths: list[Path]) -> Batch:
    """Every proposal of some files. An unreadable file is one remark, and the others go on."""
    batch = Batch()
    for path in paths:
        try:
            _read(path, batch)
        except ConfigError as error:
            wrong = ": ".join(part for part in (error.what, error.why) if part)
            place = error.where.removeprefix(str(path)).lstrip(":")
            row = int(place) if place.isdigit() else 0
            batch.wrong(path.name, wrong, row=row, right=error.next)
    return batch


def _read(path: Path, batch: Batch) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError("cannot read the file", where=str(path), why=error.strerror or str(error)) from error
    if path.suffix.lower() in {".json", ".yaml", ".yml"}:
        if len(content) > LARGEST_FILE:
            raise ConfigError(f"the file has {len(content):,} bytes", where=str(path), next="split it")
        found = _json(path, content) if path.suffix.lower() == ".json" else load(path, _File).proposals
        for number, proposal in enumerate(found, 1):
            _outside(proposal, batch, path.name, number)
        return
    before = len(batch.proposals), len(batch.remarks)
    for sheet in read_workbook(str(path), content):
        _sheet(path.name, sheet, batch)
    if (len(batch.proposals), len(batch.remarks)) == before:
        needed = ", ".join(columns()[name].vi for name in REQUIRED)
        raise ConfigError("no table of proposals in it", where=str(path), next=f"a header with {needed}")


def _json(path: Path, content: bytes) -> tuple[Proposal, ...]:
    try:
        tree = json.loads(content.decode("utf-8-sig"))
        return _File.model_validate(tree, strict=False).proposals
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(map(str, found["loc"]))
        raise ConfigError(f"{where}: {found['msg']}", where=str(path), why=f"found {found['input']!r:.100}") from error
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ConfigError("not valid JSON", where=str(path), why=str(error), next="write it as UTF-8 JSON") from error


def _outside(proposal: Proposal, batch: Batch, file: str, number: int) -> None:
    for view in proposal.views:
        away = kilometres_outside(view.latitude, view.longitude)
        if away:
            batch.wrong(file, f"{proposal.id}: a camera {away:,.1f} km outside Hanoi", row=number, column="views")
            return
    batch.add(proposal, file, "", number)


def _sheet(file: str, sheet: Sheet, batch: Batch) -> None:
    header = _header(sheet)
    if header is None:
        return
    at, fields = header
    absent = [columns()[name].vi for name in REQUIRED if name not in fields]
    if absent:
        batch.wrong(file, f"columns that are missing: {', '.join(absent)}", sheet.name, at + 1)
        return
    drafts: dict[str, _Draft] = {}
    for index in range(at + 1, len(sheet.rows)):
        line = sheet.rows[index]
        cells = {name: line[column] for name, column in fields.items() if column < len(line)}
        cells = {name: cell for name, cell in cells.items() if not says_unknown(shown(cell), absent=True)}
        if cells:
            row = _Row(file, sheet.name, index + 1, cells, batch)
            identifier = shown(cells.get("id"))
            drafts.setdefault(identifier or f"\0{index}", _Draft(row)).add(row)
    for draft in drafts.values():
        draft.finish(batch)


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The first row that names an id and two more columns."""
    for at, line in enumerate(sheet.rows[:DEEPEST]):
        found: dict[str, int] = {}
        for column, cell in enumerate(line):
            name = field_of(cell) if isinstance(cell, str) else None
            if name is not None:
                found.setdefault(name, column)
        if "id" in found and len(found) >= 3:
            return at, found
    return None


@dataclass
class _Row:
    """One row of a table; what is wrong with it is said as it is read."""

    file: str
    sheet: str
    number: int
    cells: Mapping[str, Cell]
    batch: Batch
    sound: bool = True

    def error(self, name: str, problem: Unreadable) -> None:
        self.sound = False
        found = shown(self.cells.get(name))[:100]
        title = columns()[name].vi
        self.batch.wrong(self.file, problem.wrong, self.sheet, self.number, title, found=found, right=problem.right)

    def values(self) -> dict[str, Any]:
        """Every readable cell but the position."""
        values = {}
        for name, cell in self.cells.items():
            if name not in {"latitude", "longitude"}:
                try:
                    values[name] = read(name, cell)
                except Unreadable as problem:
                    self.error(name, problem)
        return values

    def view(self, values: dict[str, Any]) -> dict[str, Any] | None:
        """The camera of the row, taken out of `values`; None when the row has no position."""
        facts = {name: values.pop(name) for name in VIEW if name in values}
        if "latitude" not in self.cells and "longitude" not in self.cells:
            return None
        try:
            position = locate(self.cells.get("latitude"), self.cells.get("longitude"))
        except Unreadable as problem:
            self.error("latitude" if "latitude" in self.cells else "longitude", problem)
            return None
        error = facts.get("position_error_m", position.error_m)
        return {
            **facts,
            "latitude": position.latitude,
            "longitude": position.longitude,
            "position_error_m": max(error, position.error_m),
        }


class _Draft:
    """A proposal that several rows may tell: the first row, what they say, and their cameras."""

    def __init__(self, first: _Row) -> None:
        self.first, self.sound = first, True
        self.values: dict[str, Any] = {}
        self.views: list[dict[str, Any]] = []

    def add(self, row: _Row) -> None:
        values = row.values()
        view = row.view(values)
        if view is not None:
            self.views.append(view)
        for name, value in values.items():
            if self.values.setdefault(name, value) != value:
                wrong = f"row {self.first.number} says otherwise of {self.values.get('id')}"
                row.error(name, Unreadable(wrong, "the same in every row of one id"))
        self.sound = self.sound and row.sound

    def finish(self, batch: Batch) -> None:
        for name in REQUIRED:
            if name not in self.values and name not in self.first.cells:
                self.sound = False
                self.first.error(name, Unreadable("this is required", columns()[name].vi))
        if not self.sound:
            return
        tree = {name: value for name, value in self.values.items() if "_" not in name or name in Proposal.model_fields}
        tree["views"] = tuple(self.views)
        for part, claim in (("exemption", "claim"), ("tender", None)):
            facts = {name.removeprefix(f"{part}_"): self.values[name] for name in self.values if f"{part}_" in name}
            if claim and part in tree:
                facts[claim] = tree.pop(part)
            if facts:
                tree[part] = facts
        try:
            batch.add(Proposal.model_validate(tree), self.first.file, self.first.sheet, self.first.number)
        except ValidationError as error:
            for found in error.errors():
                message = str(found["msg"]).removeprefix("Value error, ")
                self.first.error(_column_of(found["loc"]), Unreadable(message, "see the form"))


def _column_of(location: tuple[int | str, ...]) -> str:
    """The column behind a place in a proposal: `("exemption", "claim")` is `exemption`."""
    path = [part for part in location if isinstance(part, str)]
    for name in ("_".join(path), path[-1] if path else "", path[0] if path else ""):
        if name in columns():
            return name
    return "cameras" if not path else "id"
