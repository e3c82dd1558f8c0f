"""Wards and communes: today's 126, the 526 of before July 2025 and what became of them, and how to read a name."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from citycam.inventory.spelling import Unreadable, fold

DATA = Path(__file__).parent / "data"
CLOSE = 88.0
"""Names that agree to this (rapidfuzz ratio, 0 to 100) are one name written badly."""

_KINDS = ("thi tran", "thi xa", "phuong", "quan", "huyen", "xa")
_SHORT = {"p": "phuong", "x": "xa", "tt": "thi tran", "q": "quan", "h": "huyen", "tx": "thi xa"}
_CITY = {"ha noi", "thanh pho ha noi", "tp ha noi", "hn", "tphn"}


@dataclass(frozen=True)
class Ward:
    """A ward or commune of today: centre in degrees (WGS 84), area in km²."""

    code: int
    name: str
    latitude: float
    longitude: float
    area_km2: float


@dataclass(frozen=True)
class OldUnit:
    """A ward, commune or township of before July 2025: its box in degrees, what became of it, its still older names."""

    district: str
    name: str
    south: float
    west: float
    north: float
    east: float
    names: tuple[str, ...]
    today: tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """The ward that a text names; none when it may be any of `candidates`, which a person must decide."""

    ward: Ward | None
    note: str = ""
    candidates: tuple[Ward, ...] = ()


@cache
def wards() -> Sequence[tuple[int, str]]:
    """Code and name of the 126 wards and communes of Hanoi since July 2025, by code."""
    return [(ward.code, ward.name) for ward in todays_wards().values()]


@cache
def todays_wards() -> dict[int, Ward]:
    """Code → ward, by code."""
    return {
        int(row["code"]): Ward(
            int(row["code"]), row["name"], float(row["latitude"]), float(row["longitude"]), float(row["area_km2"])
        )
        for row in _rows("wards.csv")
    }


@cache
def old_units() -> Sequence[OldUnit]:
    """The units of before July 2025, by district and name."""
    return [
        OldUnit(
            row["district"],
            row["name"],
            float(row["south"]),
            float(row["west"]),
            float(row["north"]),
            float(row["east"]),
            tuple(row["names"].split()),
            tuple(int(code) for code in row["today"].split()),
        )
        for row in _rows("old_units.csv")
    ]


@lru_cache(maxsize=16384)
def read_ward(text: str, district: str = "") -> Reading:
    """The ward of today that `text` names; with a district, the words are those of before July 2025.

    Raises:
        Unreadable: nothing in Hanoi is called so; the nearest names are given.
    """
    name, told = _split(text, district)
    area = _district(told) if told else None
    if area is None and told and told not in _CITY:
        raise Unreadable(f"there is no district {district or text!r} in Hanoi", "a ward or commune of today alone")
    if not name:
        if area is None:
            raise Unreadable("no ward is named", "a ward or commune of today")
        return _several(f"{area} was divided", [code for unit in _old_by_district()[area] for code in unit.today])
    if area is not None:
        units = [unit for unit in _old_by_district()[area] if name in _names(unit.name)]
        units = units or [unit for unit in _old_by_district()[area] if name.replace(" ", "") in unit.names]
        if units:
            return _today_of(units)
    return _plain(name, text, area)


def _plain(name: str, text: str, area: str | None) -> Reading:
    today = _today().get(name, ())
    if len(today) == 1:
        ward = todays_wards()[today[0]]
        return Reading(ward, f"{area} is no more since July 2025; read as {ward.name}" if area else "")
    if len(today) > 1:
        return _several(f"{text} may be several", today)
    units = _old().get(name, ())
    if units:
        return _today_of(units)
    return _close(name, text)


def _close(name: str, text: str) -> Reading:
    from rapidfuzz import fuzz, process

    known = {**{key: ("old", key) for key in _old()}, **{key: ("today", key) for key in _today()}}
    best = process.extract(name, list(known), scorer=fuzz.ratio, limit=3)
    top = [key for key, score, _ in best if score >= CLOSE and score == best[0][1]]
    meant = {ward.code for key in top for ward in _meant(key)}
    if top and len(meant) == 1:
        ward = todays_wards()[meant.pop()]
        return Reading(ward, f"{text!r} read as {ward.name}")
    if top:
        return _several(f"{text!r} is near several names", sorted(meant))
    near = ", ".join(dict.fromkeys(ward.name for key, _, _ in best for ward in _meant(key)[:1]))
    raise Unreadable(f"there is no ward {text!r} in Hanoi", f"a ward or commune of today; near: {near}")


def _meant(key: str) -> list[Ward]:
    codes = _today().get(key) or tuple(code for unit in _old()[key] for code in unit.today)
    return [todays_wards()[code] for code in codes]


def _today_of(units: Sequence[OldUnit]) -> Reading:
    codes = list(dict.fromkeys(code for unit in units for code in unit.today))
    what = " or ".join(f"{unit.name} ({unit.district})" for unit in units)
    if len(codes) == 1:
        ward = todays_wards()[codes[0]]
        return Reading(ward, f"{what} is {ward.name} since July 2025" if units[0].name != ward.name else "")
    return _several(f"{what} was divided in July 2025", codes)


def _several(why: str, codes: Sequence[int]) -> Reading:
    found = tuple(todays_wards()[code] for code in dict.fromkeys(codes))
    return Reading(None, f"{why}: {', '.join(ward.name for ward in found[:6])}{' …' if len(found) > 6 else ''}", found)


def _split(text: str, district: str) -> tuple[str, str]:
    """Name of the ward and of the district, spelled alike, from one cell or two."""
    parts = [part for part in (_spelled(part) for part in re.split(r"[,;/()]|\s-\s(?=[QHqh])", text)) if part]
    parts = [part for part in parts if part not in _CITY]
    told = _spelled(district)
    alone = len(parts) == 1 and parts[0].startswith(("quan ", "huyen ", "thi xa "))
    if not told and (alone or (len(parts) > 1 and _district(parts[-1]))):
        told = parts.pop()
    return " ".join(parts), "" if told in _CITY else told


def _spelled(text: str) -> str:
    """Folded, with the kind of unit written out: `P.Tây Hồ` is `phuong tay ho`."""
    words = fold(text).split()
    if words and words[0] in _SHORT and len(words) > 1:
        words[0] = _SHORT[words[0]]
    return " ".join(words)


def _names(name: str) -> set[str]:
    """Ways to say one unit: with its kind and without."""
    whole = fold(name)
    kind = next((kind for kind in _KINDS if whole.startswith(kind + " ")), "")
    return {whole, whole.removeprefix(kind).strip()}


@cache
def _district(name: str) -> str | None:
    return next((known for known in _old_by_district() if name in _names(known)), None)


@cache
def _today() -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = defaultdict(list)
    for ward in todays_wards().values():
        for name in _names(ward.name):
            found[name].append(ward.code)
    return {name: tuple(codes) for name, codes in found.items()}


@cache
def _old() -> dict[str, tuple[OldUnit, ...]]:
    found: dict[str, list[OldUnit]] = defaultdict(list)
    for unit in old_units():
        for name in _names(unit.name):
            found[name].append(unit)
    return {name: tuple(units) for name, units in found.items()}


@cache
def _old_by_district() -> dict[str, list[OldUnit]]:
    found: dict[str, list[OldUnit]] = defaultdict(list)
    for unit in old_units():
        found[unit.district].append(unit)
    return dict(found)


def _rows(name: str) -> Iterator[dict[str, str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    yield from csv.DictReader(line for line in lines if not line.startswith("#"))
