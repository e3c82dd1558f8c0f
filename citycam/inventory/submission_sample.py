"""Made-up submissions of many agencies, messy as real ones, and the truth about them: `truth.json`.

Two agencies tell of some cameras; hostile files lie among the sound ones. The same count and seed make the same files.
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import random
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from citycam.inventory.defects import DEFECTS, Cells, Draft
from citycam.inventory.estate import Agency, Device, agencies, devices
from citycam.inventory.formula import escaped
from citycam.inventory.handwriting import GROUPS, Hand, hand_of
from citycam.inventory.hostile import hostile_files
from citycam.inventory.retold import retell
from citycam.inventory.saved import saved
from citycam.inventory.spelling import fold

AGENCIES = 300
PER_AGENCY = 134
DUPLICATES = 0.03
DEFECTIVE = 0.10


@dataclass(frozen=True)
class Seeded:
    """A defect and the row it is in."""

    file: str
    row: int
    defect: str
    level: str
    field: str
    asks: bool


@dataclass
class Truth:
    """What the import must find. Rows are (file, row, part); `duplicates` are pairs of them that are one camera."""

    cameras: int
    rows: int = 0
    defects: list[Seeded] = field(default_factory=list)
    duplicates: list[tuple[tuple[str, int, int], tuple[str, int, int]]] = field(default_factory=list)
    ranges: list[tuple[str, int, int]] = field(default_factory=list)
    hostile: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"schema_version": 1, **asdict(self)}


@dataclass(frozen=True)
class _Line:
    """A row to be written: its cells, and which cameras it tells of."""

    cells: Cells
    numbers: tuple[int, ...]
    defect: str = ""


@dataclass(frozen=True)
class _Book:
    """One agency's file."""

    file: str
    agency: str
    hand: Hand
    lines: tuple[_Line, ...]


def write_submissions(cameras: int, seed: int, folder: Path, workers: int | None = None) -> Truth:
    """Write the files and `truth.json` into `folder` and say what is true of them."""
    folder.mkdir(parents=True, exist_ok=True)
    books = plan_submissions(cameras, seed)
    truth = _truth(cameras, books)
    count = min(workers or os.cpu_count() or 1, len(books))
    if count > 1 and cameras > 2_000:
        with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(_write, [folder] * len(books), books, chunksize=4))
    else:
        for book in books:
            _write(folder, book)
    for name, content in hostile_files().items():
        (folder / name).write_bytes(content)
        truth.hostile.append(name)
    (folder / "truth.json").write_text(
        json.dumps(truth.as_dict(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8"
    )
    return truth


def plan_submissions(cameras: int, seed: int) -> list[_Book]:
    """The files as rows of cells, before they are written."""
    owners = agencies(max(3, min(AGENCIES, cameras // PER_AGENCY + 3)))
    made = devices(cameras, seed, owners)
    hands = {agency.name: hand_of(random.Random(f"{seed}/hand/{agency.name}")) for agency in owners}
    lines: dict[str, list[_Line]] = defaultdict(list)
    by_agency: dict[str, list[Device]] = defaultdict(list)
    for device in made:
        by_agency[device.agency.name].append(device)
    for agency, owned in by_agency.items():
        lines[agency] = _lines(owned, hands[agency], random.Random(f"{seed}/lines/{agency}"))
    _tell_twice(made, lines, hands, owners, random.Random(f"{seed}/twice"), round(cameras * DUPLICATES))
    return [
        _Book(_file_name(at, agency, hands[agency]), agency, hands[agency], tuple(rows))
        for at, (agency, rows) in enumerate(lines.items(), 1)
    ]


def _lines(owned: Sequence[Device], hand: Hand, chance: random.Random) -> list[_Line]:
    found: list[_Line] = []
    at = 0
    while at < len(owned):
        device = owned[at]
        cells = hand.row(device.facts)
        group = _same_pole(owned[at : at + 4])
        if len(group) > 1 and chance.random() < 0.01 and "recorder_serial" not in device.facts:
            found.append(_Line(_in_one_row(cells, group, chance), tuple(one.number for one in group)))
            at += len(group)
            continue
        at += 1
        defect = ""
        if chance.random() < DEFECTIVE:
            name = chance.choice(tuple(DEFECTS))
            spoilt = dict(cells)
            if DEFECTS[name].spoil(Draft(spoilt, device, hand, chance)):
                cells, defect = spoilt, name
        found.append(_Line(cells, (device.number,), defect))
    return found


def _same_pole(run: Sequence[Device]) -> list[Device]:
    """Neighbours at one site with addresses that follow each other."""
    found = [run[0]]
    for device in run[1:]:
        if device.facts["site"] != run[0].facts["site"]:
            break
        found.append(device)
    return found


def _in_one_row(cells: Cells, group: Sequence[Device], chance: random.Random) -> Cells:
    """Several cameras in one row: a range of addresses without serial numbers, or lists of both."""
    row = dict(cells)
    first, last = (str(group[at].facts["ip"]) for at in (0, -1))
    if chance.random() < 0.5:
        row["ip"] = f"{first}–{last.rpartition('.')[2]}"
        for name in ("serial", "mac", "onvif_endpoint"):
            row.pop(name, None)
    else:
        row["ip"] = ", ".join(str(device.facts["ip"]) for device in group)
        row["serial"] = "; ".join(str(device.facts["serial"]) for device in group)
        row["mac"] = "; ".join(str(device.facts["mac"]) for device in group)
        row.pop("onvif_endpoint", None)
    return row


def _tell_twice(
    made: Sequence[Device],
    lines: dict[str, list[_Line]],
    hands: Mapping[str, Hand],
    owners: Sequence[Agency],
    chance: random.Random,
    count: int,
) -> None:
    """Another agency tells of the same camera, in its own hand and with its own mistakes."""
    sound = {
        number
        for rows in lines.values()
        for line in rows
        if not line.defect and len(line.numbers) == 1
        for number in line.numbers
    }
    candidates = [device for device in made if device.number in sound and "serial" in device.facts]
    for device in chance.sample(candidates, min(count, len(candidates))):
        other = chance.choice([agency for agency in owners if agency.name != device.agency.name])
        hand = hands[other.name]
        facts = retell(device, other, hands[device.agency.name], hand, chance)
        lines[other.name].append(_Line(hand.row(facts), (device.number,)))


def _truth(cameras: int, books: Sequence[_Book]) -> Truth:
    truth = Truth(cameras)
    places: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for book in books:
        for row, line in enumerate(book.lines, _first_row(book.hand)):
            truth.rows += 1
            if line.defect:
                defect = DEFECTS[line.defect]
                where = "position" if defect.field == "latitude" and "position" in book.hand.fields else defect.field
                truth.defects.append(Seeded(book.file, row, defect.name, defect.level, where, defect.asks))
            if len(line.numbers) > 1:
                truth.ranges.append((book.file, row, len(line.numbers)))
            for part, number in enumerate(line.numbers, 1):
                places[number].append((book.file, row, part))
    truth.duplicates = sorted((found[0], found[1]) for found in places.values() if len(found) > 1)
    return truth


def _file_name(at: int, agency: str, hand: Hand) -> str:
    return f"{at:03d}-{re.sub(r'[^a-z0-9]+', '-', fold(agency))}.{'csv' if hand.csv else 'xlsx'}"


def _first_row(hand: Hand) -> int:
    return 1 + _rows_above(hand)


def _rows_above(hand: Hand) -> int:
    return (4 if hand.heading else 0) + 1 + hand.grouped


def _write(folder: Path, book: _Book) -> None:
    path = folder / book.file
    path.write_bytes(_csv(book) if book.hand.csv else _xlsx(book))


def _csv(book: _Book) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=book.hand.delimiter, lineterminator="\r\n")
    writer.writerow(book.hand.titles)
    for at, line in enumerate(book.lines, 1):
        cells = {**line.cells, "number": at}
        writer.writerow([escaped(str(cells[name])) if name in cells else "" for name in book.hand.fields])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(book: _Book) -> bytes:
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Camera" if book.hand.form else "Sheet1")
    if book.hand.heading:
        sheet.append(["DANH SÁCH CAMERA"])
        sheet.append([f"Đơn vị: {book.agency}"])
        sheet.append([f"Ngày lập: {date(2025, 9, 20) + timedelta(days=len(book.lines) % 10):%d/%m/%Y}"])
        sheet.append([])
    if book.hand.grouped:
        _merge_group_titles(sheet, book.hand)
    sheet.append(list(book.hand.titles))
    for at, line in enumerate(book.lines, 1):
        cells = {**line.cells, "number": at}
        sheet.append([cells.get(name) for name in book.hand.fields])
    return saved(workbook)


def _merge_group_titles(sheet: Any, hand: Hand) -> None:
    row = _rows_above(hand) - 1
    groups = [GROUPS.get(name, "") for name in hand.fields]
    sheet.append([title if groups[at - 1] != title else None for at, title in enumerate(groups)])
    start = 0
    for at in range(1, len(groups) + 1):
        if at == len(groups) or groups[at] != groups[start]:
            if groups[start] and at - start > 1:
                sheet.merged_cells.add(_range(row, start, at - 1))
            start = at


def _range(row: int, first: int, last: int) -> Any:
    from openpyxl.worksheet.cell_range import CellRange

    return CellRange(min_row=row, max_row=row, min_col=first + 1, max_col=last + 1)
