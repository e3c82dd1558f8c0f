"""How one agency writes its list: form or own table, order and names of columns, marks, numbers, dates, positions."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from citycam.inventory.choices import labels, words
from citycam.inventory.columns import columns
from citycam.inventory.dates import EXCEL_EPOCH
from citycam.inventory.form import form_columns
from citycam.inventory.spelling import Cell

CORE = ("site", "ward", "latitude", "longitude", "kind", "model", "serial", "mac", "ip", "purchased")
"""Columns that every own table has."""
GROUPS = {
    "latitude": "Tọa độ",
    "longitude": "Tọa độ",
    "codec": "Luồng hình",
    "resolution": "Luồng hình",
    "fps": "Luồng hình",
}


@dataclass(frozen=True)
class Hand:
    """One agency's way. `fields` are its columns in order, `titles` what stands above them."""

    form: bool
    csv: bool
    delimiter: str
    fields: tuple[str, ...]
    titles: tuple[str, ...]
    grouped: bool
    heading: bool
    marks: str
    degrees: str
    days: str

    def text(self, value: str) -> str:
        """Words with their marks, without, or decomposed."""
        if self.marks == "none":
            plain = unicodedata.normalize("NFD", value.replace("Đ", "D").replace("đ", "d"))
            return "".join(c for c in plain if not unicodedata.combining(c))
        return unicodedata.normalize("NFD", value) if self.marks == "decomposed" else value

    def row(self, facts: Mapping[str, Any]) -> dict[str, Cell]:
        """The cells of a camera, by field of this hand's columns."""
        shown = dict(facts)
        if "width" in shown and "width" not in self.fields:
            shown["resolution"] = f"{shown['width']}x{shown['picture_height']}"
        if "position" in self.fields and "latitude" in shown:
            shown["position"] = self._position(shown["latitude"], shown["longitude"])
        return {name: self._cell(name, shown[name]) for name in self.fields if shown.get(name) is not None}

    def _position(self, latitude: float, longitude: float) -> str:
        mark = "; " if self.degrees == "comma" else ", "
        return f"{self._angle(latitude, 'N')}{mark}{self._angle(longitude, 'E')}"

    def _cell(self, name: str, value: Any) -> Cell:
        if name in words():
            return self.text(labels(name)[value])
        if isinstance(value, date):
            return self._day(value)
        if name in {"latitude", "longitude"} and isinstance(value, float):
            return self._angle(value, "N" if name == "latitude" else "E")
        if isinstance(value, str):
            return self.text(value)
        return str(value) if self.csv else value

    def _angle(self, value: float, letter: str) -> Cell:
        if self.degrees == "dms":
            tenths = round(value * 360_000)
            degrees, rest = divmod(tenths, 360_000)
            minutes, seconds = divmod(rest, 6_000)
            return f"{degrees}°{minutes:02d}'{seconds / 100:05.2f}\"{letter}"
        if self.degrees == "comma":
            return f"{value:.6f}".replace(".", ",")
        return f"{value:.6f}" if self.csv or "position" in self.fields else value

    def _day(self, value: date) -> Cell:
        if self.days == "serial" and not self.csv:
            return (value - EXCEL_EPOCH).days
        if self.days == "date" and not self.csv:
            return value
        return value.isoformat() if self.days == "iso" else f"{value:%d/%m/%Y}"


def hand_of(chance: random.Random) -> Hand:
    """Some agency's way to write."""
    form = chance.random() < 0.4
    csv = not form and chance.random() < 0.25
    marks = "all" if form else chance.choice(("all", "all", "none", "decomposed"))
    hand = Hand(
        form=form,
        csv=csv,
        delimiter=chance.choice(";,"),
        fields=(),
        titles=(),
        grouped=not form and not csv and chance.random() < 0.4,
        heading=form or (not csv and chance.random() < 0.7),
        marks=marks,
        degrees="point" if form else chance.choice(("point", "point", "comma", "dms")),
        days=chance.choice(("text", "date")) if form else chance.choice(("text", "iso", "serial", "date")),
    )
    fields, titles = _form_layout() if form else _own_layout(chance, hand)
    return Hand(**{**vars(hand), "fields": fields, "titles": titles})


def _form_layout() -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(one.field for one in form_columns()), tuple(f"{one.vi}\n{one.en}" for one in form_columns())


def _own_layout(chance: random.Random, hand: Hand) -> tuple[tuple[str, ...], tuple[str, ...]]:
    optional = [
        one.field
        for one in form_columns()
        if one.field not in {*CORE, "number", "district", "ward_code", "position_error"}
    ]
    kept = [*CORE, *(name for name in optional if chance.random() < 0.8), "district", "quantity", "url", "remarks"]
    if not hand.grouped and chance.random() < 0.2:
        kept = ["position" if name == "latitude" else name for name in kept if name != "longitude"]
    kept = list(dict.fromkeys(kept))
    if not hand.grouped:
        chance.shuffle(kept)
    fields = ("number", *(_adjacent(kept) if hand.grouped else kept))
    return fields, tuple(hand.text(_title(name, chance, hand)) for name in fields)


def _adjacent(kept: Sequence[str]) -> list[str]:
    """Columns of a group stand together."""
    groups = list(GROUPS)

    def place(name: str) -> tuple[int, int]:
        return (groups.index(name), 0) if name in GROUPS else (len(groups), kept.index(name))

    return sorted(kept, key=place)


def _title(name: str, chance: random.Random, hand: Hand) -> str:
    column = columns()[name]
    if hand.grouped and name in GROUPS:
        return column.vi
    choice = chance.choice(
        (column.vi, column.vi, column.en, column.vi.upper(), chance.choice(column.names or (column.vi,)))
    )
    if name in {"bitrate", "uplink_bandwidth"} and "(" not in choice:
        return f"{choice} ({'kbps' if name == 'bitrate' else 'Mbps'})"
    return choice
