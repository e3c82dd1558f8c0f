"""What goes wrong in lists of cameras, put into rows on purpose; each with the remark that the import owes for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from citycam.inventory.estate import Device
from citycam.inventory.handwriting import Hand
from citycam.inventory.remark import Level
from citycam.inventory.spelling import Cell
from citycam.inventory.wards import todays_wards

Cells = dict[str, Cell]
PASSWORD = "Bimat2024"
"""In every made-up credential, so that tests can look for it where it must not be."""


@dataclass(frozen=True)
class Draft:
    """A row about to be written: its cells, the camera it tells of, and who writes it."""

    cells: Cells
    device: Device
    hand: Hand
    chance: random.Random


@dataclass(frozen=True)
class Defect:
    """A way to spoil a row. `spoil` changes the cells, or answers False where it cannot be done; `field` is where the
    remark of `level` must be; `asks` when a person must decide."""

    name: str
    level: Level
    field: str
    spoil: Callable[[Draft], bool]
    asks: bool = False


def _put(name: str, *values: Cell) -> Callable[[Draft], bool]:
    def spoil(draft: Draft) -> bool:
        if name not in draft.hand.fields or name not in draft.cells:
            return False
        draft.cells[name] = draft.chance.choice(values)
        return True

    return spoil


def _outside(draft: Draft) -> bool:
    if "latitude" not in draft.hand.fields:
        return False
    latitude, longitude = draft.chance.choice(((10.776, 106.701), (16.068, 108.212), (20.845, 106.688), (0.0, 0.0)))
    draft.cells.update({"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"})
    return True


def _swapped(draft: Draft) -> bool:
    if "latitude" not in draft.hand.fields:
        return False
    draft.cells["latitude"], draft.cells["longitude"] = draft.cells["longitude"], draft.cells["latitude"]
    return True


def _one_coordinate(draft: Draft) -> bool:
    return "latitude" in draft.hand.fields and draft.cells.pop("longitude", None) is not None


def _sexagesimal(draft: Draft) -> bool:
    if "latitude" not in draft.hand.fields or draft.hand.degrees == "dms":
        return False
    for name in ("latitude", "longitude"):
        value = float(draft.device.facts[name])
        minutes = (value % 1) * 60
        draft.cells[name] = f"{int(value)}°{int(minutes):02d}'{(minutes % 1) * 60:05.2f}\""
    return True


def _old_ward(draft: Draft) -> bool:
    unit = draft.device.unit
    if len(unit.today) != 1 or unit.name == todays_wards()[unit.today[0]].name or "district" not in draft.hand.fields:
        return False
    draft.cells.update(
        {
            "ward": draft.hand.text(unit.name),
            "district": draft.hand.text(unit.district),
        }
    )
    return True


def _divided_ward(draft: Draft) -> bool:
    unit = draft.device.unit
    if len(unit.today) < 2 or "district" not in draft.hand.fields:
        return False
    draft.cells.update(
        {
            "ward": draft.hand.text(unit.name),
            "district": draft.hand.text(unit.district),
        }
    )
    return True


def _url(draft: Draft) -> bool:
    if "url" not in draft.hand.fields or "ip" not in draft.cells:
        return False
    word = draft.chance.choice((PASSWORD, f"{PASSWORD}@x", f"{PASSWORD}:1"))
    draft.cells["url"] = f"rtsp://admin:{word}@{draft.device.facts['ip']}:554{draft.device.facts['path']}"
    return True


def _other_url(draft: Draft) -> bool:
    if "url" not in draft.hand.fields or "ip" not in draft.cells:
        return False
    draft.cells["url"] = "rtsp://172.31.255.1/live"
    return True


def _range(draft: Draft) -> bool:
    """A range of addresses beside one serial number."""
    if "serial" not in draft.cells or "ip" not in draft.cells:
        return False
    draft.cells["ip"] = f"{draft.device.facts['ip']}–{int(str(draft.device.facts['ip']).rpartition('.')[2]) + 3}"
    return True


def _nameless(draft: Draft) -> bool:
    for name in ("serial", "mac", "onvif_endpoint", "latitude", "longitude", "position", "recorder_serial"):
        draft.cells.pop(name, None)
    return True


def _several(draft: Draft) -> bool:
    if "quantity" not in draft.hand.fields or "ip" not in draft.cells:
        return False
    draft.cells["quantity"] = "4" if draft.hand.csv else 4
    return True


def _formula(draft: Draft) -> bool:
    if draft.hand.csv or "remarks" not in draft.hand.fields:
        return False
    draft.cells["remarks"] = "=cmd|'/C calc'!A0"
    return True


def _told(draft: Draft) -> bool:
    if "remarks" not in draft.hand.fields:
        return False
    draft.cells["remarks"] = f"user/pass: admin/{PASSWORD}"
    return True


_E, _N = Level.ERROR, Level.NOTE
DEFECTS: Mapping[str, Defect] = {
    defect.name: defect
    for defect in (
        Defect("outside Hanoi", _E, "latitude", _outside),
        Defect("one coordinate", _E, "longitude", _one_coordinate),
        Defect("broken MAC", _E, "mac", _put("mac", "02:00:5e:00:00", "02005E00GG01")),
        Defect("broken IP", _E, "ip", _put("ip", "192.168.1.300", "192.168.1", "10.0.0.9-3")),
        Defect("ward of elsewhere", _E, "ward", _put("ward", "Phường Bến Nghé Quận Nhất", "Xã Vĩnh Lộc Thượng Bình")),
        Defect("rounded serial", _E, "serial", _put("serial", "1,23457E+14", "2.10235E+16")),
        Defect("other address in the URL", _E, "url", _other_url),
        Defect("range beside one serial", _E, "serial", _range),
        Defect("several in one row", _E, "quantity", _several),
        Defect("nothing identifies it", _E, "serial", _nameless),
        Defect("swapped coordinates", _N, "latitude", _swapped),
        Defect("degrees, minutes, seconds", _N, "latitude", _sexagesimal),
        Defect("old ward", _N, "ward", _old_ward),
        Defect("divided ward", _N, "ward", _divided_ward, asks=True),
        Defect("credentials in a URL", _N, "url", _url),
        Defect("password in a remark", _N, "remarks", _told),
        Defect("day that is none", _N, "purchased", _put("purchased", "31/02/2023", "30/02/2021")),
        Defect("month without day", _N, "purchased", _put("purchased", "7/2023", "tháng 3/2022")),
        Defect("frames in words", _N, "fps", _put("fps", "nhiều", "25-30")),
        Defect("unknown codec", _N, "codec", _put("codec", "DivX")),
        Defect("kind misspelt", _N, "kind", _put("kind", "Quay quett", "Co dinhh")),
        Defect("impossible angle", _N, "azimuth", _put("azimuth", "1000", "-720")),
        Defect("MAC of zeros", _N, "mac", _put("mac", "00:00:00:00:00:00")),
        Defect("formula", _N, "remarks", _formula),
    )
}
