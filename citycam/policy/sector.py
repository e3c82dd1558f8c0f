"""What a camera sees of the ground: a sector, and the ground it sees for certain and at most when facts are uncertain.

A sector S has its apex at the camera, half angle h and radius r. When the apex may be displaced by up to e metres and
the azimuth turned by up to d degrees, the ground seen in every case is the erosion by e of the sector with half angle
h - d; the ground seen in some case is the dilation by e of the one with h + d. Both are sectors with their straight
sides moved by e, cut by a circle about the same centre with radius r - e or r + e:

    side moved by e:     polar angle where it meets the circle R  =  h ± asin(e / R)
    apex moved by        e / sin h   along the axis

A missing azimuth is an azimuth that may be turned by 180 degrees: nothing is certain, and a disc is possible. Rounded
corners of the dilation are left square, and arcs are polygons: inside the arc for what is certain, outside for what is
possible, and of the arc's own area for what is stated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from citycam.policy.ground import Floats

_Arc = Callable[[Floats], Floats]
Geometries = NDArray[np.object_]
Indices = NDArray[np.int64]

_SEGMENTS = ((45.0, 8), (90.0, 12), (180.0, 24))
"""Segments of an arc by its half angle: none is longer than 15 degrees, so no chord is off by more than 0.9 % of r."""
_DISC = 32
_LEAST_M = 1e-6


@dataclass(frozen=True)
class Sectors:
    """Shapes (n,) in the plane: metres, degrees clockwise from grid north, half angles in degrees (180 is a disc).

    `error_m` and `turn_deg` are how far apex and azimuth may be off. NaN in any of them is an empty sector.
    """

    east: Floats
    north: Floats
    azimuth: Floats
    half: Floats
    radius: Floats
    error_m: Floats
    turn_deg: Floats

    def __len__(self) -> int:
        return len(self.east)

    def take(self, at: Indices) -> Sectors:
        """Those at the indices `at`."""
        return Sectors(**{field.name: getattr(self, field.name)[at] for field in fields(self)})

    def stated(self) -> Geometries:
        """Each as it is stated, its errors left out: polygons (n,), empty ones where a fact is missing."""
        return _polygons(self, self.half, self.radius, np.zeros(len(self)), _area_true)

    def certain(self) -> Geometries:
        """The ground each sees wherever apex and azimuth are within their errors."""
        disc = self.half >= 180
        half = np.where(disc, 180.0, self.half - self.turn_deg)
        return _polygons(self, half, self.radius - self.error_m, -self.error_m, _inside)

    def possible(self) -> Geometries:
        """The ground each may see; a superset of it by the square corners."""
        half = np.minimum(self.half + self.turn_deg, 180.0)
        return _polygons(self, half, self.radius + self.error_m, self.error_m, _outside)


def _polygons(at: Sectors, half: Floats, radius: Floats, moved: Floats, arc: _Arc) -> Geometries:
    """Sectors of half angle `half` and radius `radius` whose sides are moved outwards by `moved` metres."""
    out = np.full(len(at), shapely.Polygon(), dtype=object)
    with np.errstate(invalid="ignore", divide="ignore"):
        sine = np.sin(np.radians(half))
        reach = np.abs(moved) / radius
        polar = half + np.degrees(np.arcsin(np.clip(np.sign(moved) * reach, -1, 1)))
        there = np.isfinite(half + radius + moved + at.east + at.north) & (radius > _LEAST_M)
        # The apex must stay inside the circle: else nothing is left of a cone, or all of the disc is possible.
        lost = reach >= sine
        disc = there & ((half >= 180) | (polar >= 180) | (lost & (moved > 0) & (half >= 90)))
        cone = there & ~disc & np.isfinite(at.azimuth) & (polar > 0) & ~(lost & (moved < 0))
    _fill(out, np.flatnonzero(disc), _discs(at, radius, disc, arc))
    least = 0.0
    for most, segments in _SEGMENTS:
        chosen = np.flatnonzero(cone & (polar > least) & (polar <= most))
        rings = _cones(at.take(chosen), half[chosen], radius[chosen], moved[chosen], polar[chosen], segments, arc)
        _fill(out, chosen, rings)
        least = most
    return out


def _cones(at: Sectors, half: Floats, radius: Floats, moved: Floats, polar: Floats, segments: int, arc: _Arc) -> Floats:
    """Rings (n, segments + 4, 2): two points behind, the arc, and the first again."""
    steps = np.linspace(-1, 1, segments + 1)
    angles = polar[:, None] * steps
    far = radius * arc(np.radians(2 * polar / segments))
    along, across = far[:, None] * np.cos(np.radians(angles)), far[:, None] * np.sin(np.radians(angles))
    h = np.radians(half)
    with np.errstate(divide="ignore", invalid="ignore"):
        apex = -moved / np.sin(h)
        cut = (moved > 0) & (half < 90)  # a cone's spike ends at the line that the apex cannot pass
        back = np.where(cut, -moved, apex)
        side = np.where(cut, moved * (1 - np.sin(h)) / np.cos(h), 0.0)
    along = np.column_stack([back, back, along, back])
    across = np.column_stack([side, -side, across, side])
    return _placed(at, along, across)


def _discs(at: Sectors, radius: Floats, chosen: NDArray[np.bool_], arc: _Arc) -> Floats:
    here = at.take(np.flatnonzero(chosen))
    angles = np.linspace(0, 2 * np.pi, _DISC + 1)
    step = np.full(len(here), 2 * np.pi / _DISC)
    far = (radius[chosen] * arc(step))[:, None]
    level = Sectors(**{**vars(here), "azimuth": np.zeros(len(here))})
    return _placed(level, far * np.cos(angles), far * np.sin(angles))


def _placed(at: Sectors, along: Floats, across: Floats) -> Floats:
    """From the sector's own axis to the plane. `across` grows to the right of the axis."""
    turn = np.radians(at.azimuth)[:, None]
    east = at.east[:, None] + along * np.sin(turn) + across * np.cos(turn)
    north = at.north[:, None] + along * np.cos(turn) - across * np.sin(turn)
    return np.stack([east, north], axis=-1)


def _fill(out: Geometries, chosen: Indices, rings: Floats) -> None:
    if len(chosen):
        out[chosen] = shapely.polygons(rings)


def _inside(step: Floats) -> Floats:
    """Radius of a polygon inside an arc of radius 1 with segments of `step` radians."""
    return np.ones_like(step)


def _outside(step: Floats) -> Floats:
    """Radius of a polygon round it."""
    return np.asarray(1 / np.cos(step / 2))


def _area_true(step: Floats) -> Floats:
    """Radius of a polygon with the same area."""
    return np.asarray(np.sqrt(step / np.sin(step)))
