"""Positions as people write them: decimal degrees with point or comma, sexagesimal, both in one cell, swapped."""

from __future__ import annotations

import re
from dataclasses import dataclass

from citycam.inventory.outline import kilometres_outside
from citycam.inventory.quantities import plain_number
from citycam.inventory.spelling import Cell, Unreadable, shown

METRES_PER_DEGREE = 111_195.0
RIGHT = "decimal degrees (WGS 84), as in 21.02851 and 105.85420"

_HEMISPHERES = {"N": "N", "B": "N", "E": "E", "Đ": "E", "D": "E", "S": "S", "W": "W", "T": "W"}
_ANGLE = re.compile(
    r"(?P<before>[NSEWBĐDT])?\s*(?P<degrees>[-+]?\d+(?:[.,]\d+)?)\s*(?:°|º|o|độ|deg|d)?"
    r"(?:\s*(?P<minutes>\d+(?:[.,]\d+)?)\s*(?:'|′|’|‘|phút|m)?)?"
    r"(?:\s*(?P<seconds>\d+(?:[.,]\d+)?)\s*(?:\"|″|”|“|''|’’|giây|s)?)?\s*(?P<after>[NSEWBĐDT])?",
    re.IGNORECASE,
)
_SPLITS = (r"\s*[;|/]\s*", r",\s+", r"\s*,\s*", r"\s+")


@dataclass(frozen=True)
class Position:
    """Degrees (WGS 84), the error that the written digits leave in metres, and what was done to read them."""

    latitude: float
    longitude: float
    error_m: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Angle:
    """Degrees, half a unit of the last written digit in degrees, the axis a letter names, and whether it was in DMS."""

    degrees: float
    resolution: float
    axis: str = ""
    sexagesimal: bool = False


def angle(cell: Cell) -> Angle:
    """One angle.

    Raises:
        Unreadable: not an angle.
    """
    text = shown(cell)
    found = _ANGLE.fullmatch(text)
    if not found or (found["before"] and found["after"]):
        raise Unreadable("not an angle", RIGHT)
    parts = [found[name] for name in ("degrees", "minutes", "seconds") if found[name]]
    letter = _HEMISPHERES.get((found["before"] or found["after"] or "").upper(), "")
    values = [plain_number(part) for part in parts]
    if any(value >= 60 for value in values[1:]) or any("," in part or "." in part for part in parts[:-1]):
        raise Unreadable("minutes and seconds are less than 60, and only the last has decimals", RIGHT)
    scale = (1.0, 1 / 60, 1 / 3600)
    size = sum(abs(value) * unit for value, unit in zip(values, scale, strict=False))
    sign = -1 if values[0] < 0 or letter in {"S", "W"} else 1
    decimals = len(re.sub(r"^[^.,]*[.,]?", "", parts[-1]))
    if isinstance(cell, float | int):
        decimals = max(decimals, 5)  # a spreadsheet drops trailing zeros
    axis = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}.get(letter, "")
    return Angle(sign * size, scale[len(parts) - 1] * 10.0**-decimals / 2, axis, len(parts) > 1)


def both(cell: Cell) -> tuple[str, str]:
    """The two angles of one cell, as text.

    Raises:
        Unreadable: there are not two.
    """
    text = shown(cell).strip("()[] ")
    lettered = re.fullmatch(r"([NSB].*?)[\s,;]*([EWĐ].*)", text) or re.fullmatch(r"(.*?[NSB])[\s,;]*(\S.*)", text)
    if lettered:
        return lettered[1], lettered[2]
    for split in _SPLITS:
        parts = re.split(split, text)
        if len(parts) == 2 and all(_ANGLE.fullmatch(part) for part in parts):
            return parts[0], parts[1]
    raise Unreadable("not a position", RIGHT)


def locate(latitude: Cell, longitude: Cell) -> Position:
    """A position in Hanoi.

    Raises:
        Unreadable: not a position, or one outside Hanoi, with its distance.
    """
    first, second = angle(latitude), angle(longitude)
    notes = []
    if _swapped(first, second):
        first, second = second, first
        notes.append(f"latitude and longitude were swapped, read as {first.degrees:.6f}, {second.degrees:.6f}")
    if first.axis == "longitude" or second.axis == "latitude":
        raise Unreadable("both angles are of one axis", RIGHT)
    if first.sexagesimal or second.sexagesimal:
        notes.append(f"degrees, minutes and seconds, read as {first.degrees:.6f}, {second.degrees:.6f}")
    if abs(first.degrees) > 90 or abs(second.degrees) > 180:
        raise Unreadable("no such place on Earth", RIGHT)
    away = kilometres_outside(first.degrees, second.degrees)
    if away:
        raise Unreadable(f"{away:,.1f} km outside Hanoi", "a position in Hanoi: " + RIGHT)
    error = max(first.resolution, second.resolution) * METRES_PER_DEGREE
    return Position(round(first.degrees, 7), round(second.degrees, 7), round(error, 1), tuple(notes))


def _swapped(first: Angle, second: Angle) -> bool:
    if first.axis or second.axis:
        return first.axis == "longitude" or second.axis == "latitude"
    return 100 <= first.degrees <= 110 and 8 <= second.degrees <= 24
