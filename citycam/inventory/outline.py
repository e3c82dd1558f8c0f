"""Where Hanoi ends, and how far outside a position lies."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from citycam.inventory.wards import old_units

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

TOLERANCE_KM = 1.0
"""The outline is the boxes of the old units, which are about this good."""

_KM_PER_DEGREE = 111.195
_COS = math.cos(math.radians(21))


def kilometres_outside(latitude: float, longitude: float) -> float:
    """How far a position (degrees, WGS 84) lies outside Hanoi, in km; 0 within it and in the tolerance round it.

    The outline is the union of the boxes of the wards and communes of before July 2025. Far away the figure is the
    distance on a sphere to the nearest point of the outline, good to a few per cent.
    """
    from shapely import Point, prepare, shortest_line

    outline = _outline()
    prepare(outline)
    point = Point(longitude * _COS, latitude)
    if outline.covers(point):
        return 0.0
    nearest = shortest_line(point, outline).coords[1]
    distance = great_circle_m(latitude, longitude, nearest[1], nearest[0] / _COS) / 1000
    return distance if distance > TOLERANCE_KM else 0.0


def great_circle_m(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Metres between two positions on a sphere (haversine)."""
    one, two = math.radians(latitude), math.radians(other_latitude)
    half = math.radians(other_longitude - longitude) / 2
    chord = math.sin((two - one) / 2) ** 2 + math.cos(one) * math.cos(two) * math.sin(half) ** 2
    return 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(chord)))


@cache
def _outline() -> BaseGeometry:
    from shapely import box, union_all

    return union_all([box(unit.west * _COS, unit.south, unit.east * _COS, unit.north) for unit in old_units()])
