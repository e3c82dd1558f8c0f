"""Cameras as geometry: what each states, and the limits between which the truth lies where it states nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from citycam.inventory.record import CameraRecord, Kind, State
from citycam.policy.ground import Floats, to_plane
from citycam.policy.proposal import Proposal, View
from citycam.policy.sector import Geometries, Sectors

NAN = float("nan")


@dataclass(frozen=True)
class Limits:
    """Least and most of what is not stated: degrees and metres."""

    least: float
    most: float


FIELD_OF_VIEW = Limits(25, 110)
"""Lenses of fixed street cameras from 12 mm to 2.8 mm on a 1/2.8 inch sensor."""
RANGE = Limits(10, 150)
POSITION_ERROR_M = 25.0
"""Of a position that does not say: a telephone's fix among houses, or a house number."""
WISHED = {"field_of_view_deg": 90.0, "range_m": 50.0}
"""Of a proposal that does not say; named in the result."""
FISHEYE_FROM = 120.0
"""From this angle on a lens is taken to spread its pixels evenly over angles, not over a plane."""


_ABSENT = frozenset({State.PLANNED, State.REMOVED})


@dataclass(frozen=True)
class Eyes:
    """Existing cameras (m,), sorted by id. `width` is the picture's in pixels, NaN when unknown."""

    records: Sequence[CameraRecord]
    least: Sectors
    stated: Sectors
    most: Sectors
    width: Floats


@dataclass(frozen=True)
class Wishes:
    """Wished views (n,): of `owner`, an index of proposals. `directed` tells which say where they look.

    `density` is the pixels per metre the task needs, 0 when the proposal names no task.
    """

    views: Sequence[View]
    owner: Sequence[int]
    sectors: Sectors
    error_m: Floats
    density: Floats
    directed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    assumed: Sequence[tuple[str, ...]]

    def ground(self) -> Geometries:
        """What each wants to see: its sector, or the disc when it does not say in which direction."""
        return Sectors(**{**vars(self.sectors), "half": np.where(self.directed, self.sectors.half, 180.0)}).stated()

    def area(self) -> Floats:
        """Square metres of each sector."""
        return np.asarray(np.radians(self.sectors.half) * self.sectors.radius**2)


def eyes_of(records: Sequence[CameraRecord]) -> Eyes:
    """The cameras that stand somewhere and are neither planned nor removed."""
    placed = (one for one in records if one.latitude is not None and one.longitude is not None)
    there = sorted((one for one in placed if one.state not in _ABSENT), key=lambda one: one.id)
    east, north, convergence = to_plane(_column(there, "latitude"), _column(there, "longitude"))
    azimuth = _column(there, "azimuth_deg")
    error = _column(there, "position_error_m")
    error = np.where(np.isnan(error), POSITION_ERROR_M, error)
    roving = np.array([one.kind is Kind.PTZ for one in there], bool)
    turn = np.where(np.isnan(azimuth) | roving, 180.0, _turn(azimuth))
    half = _halves([one.kind for one in there], _column(there, "field_of_view_deg"))
    reach = _column(there, "range_m")
    stated = Sectors(east, north, azimuth - convergence, half, reach, error, turn)
    none = np.isnan(half), np.isnan(reach)

    def filled(angle: float, metres: float) -> Sectors:
        limits = np.where(none[0], angle / 2, half), np.where(none[1], metres, reach)
        return Sectors(**{**vars(stated), "half": limits[0], "radius": limits[1]})

    return Eyes(
        there,
        filled(FIELD_OF_VIEW.least, RANGE.least),
        stated,
        filled(FIELD_OF_VIEW.most, RANGE.most),
        _column(there, "width"),
    )


def wishes_of(proposals: Sequence[Proposal]) -> Wishes:
    """The views of proposals, in their order; the usual angle and range where a view does not state them."""
    found = [(owner, view) for owner, proposal in enumerate(proposals) for view in proposal.views]
    views = [view for _, view in found]
    east, north, convergence = to_plane(_column(views, "latitude"), _column(views, "longitude"))
    azimuth, reach = _column(views, "azimuth_deg"), _column(views, "range_m")
    half = _halves([view.kind for view in views], _column(views, "field_of_view_deg"))
    half = np.where(np.isnan(half), WISHED["field_of_view_deg"] / 2, half)
    reach = np.where(np.isnan(reach), WISHED["range_m"], reach)
    zero = np.zeros(len(views))
    error = _column(views, "position_error_m")
    tasks = [proposals[owner].task for owner, _ in found]
    return Wishes(
        views,
        [owner for owner, _ in found],
        Sectors(east, north, azimuth - convergence, half, reach, zero, zero),
        np.where(np.isnan(error), 0.0, error),
        np.array([task.pixels_per_metre if task else 0.0 for task in tasks], np.float64),
        ~np.isnan(azimuth) | (half >= 180),
        [tuple(name for name in WISHED if getattr(view, name) is None) for view in views],
    )


def metres_of_density(width: Floats, half: Floats, density: Floats) -> Floats:
    """Metres at which a picture `width` pixels wide over 2 × `half` degrees has `density` pixels per metre.

    On the axis of a plane lens the scene is 2 d tan(half) wide at distance d (IEC 62676-4); a wide lens spreads its
    pixels over the arc 2 d half.
    """
    angle = np.radians(half)
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = half * 2 >= FISHEYE_FROM
        across = np.where(wide, 2 * angle, 2 * np.tan(np.where(wide, 0.1, angle)))
        return np.asarray(width / (across * density))


def _halves(kinds: Sequence[Kind | None], stated: Floats) -> Floats:
    """Half angles in degrees; a fisheye that states none sees all round."""
    round_about = np.array([kind is Kind.FISHEYE for kind in kinds], bool)
    return np.asarray(np.where(np.isnan(stated) & round_about, 360.0, stated) / 2)


def _turn(azimuth: Floats) -> Floats:
    """How far a stated azimuth may be off, by the digits it was written with: a wind, tens of degrees, or finer."""
    return np.asarray(np.select([azimuth % 45 == 0, azimuth % 10 == 0], [22.5, 5.0], 2.5))


def _column(rows: Sequence[object], name: str) -> Floats:
    values = [getattr(row, name) for row in rows]
    return np.array([NAN if value is None else value for value in values], np.float64)
