"""From WGS 84 to a plane in metres, UTM zone 48N (EPSG:32648), and back.

Inventories come from satellite positions in WGS 84. The official VN-2000 / UTM 48N (EPSG:3405) would need a datum shift
whose published parameters are good to a metre at best and move neighbours alike, so it would add an error and decide
nothing: only distances and directions between neighbours count. In Hanoi the plane's scale is 0.9996 to 0.9998.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Proj, Transformer

EPSG = 32648

Floats = NDArray[np.float64]


def to_plane(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats, Floats]:
    """East and north in metres, and grid convergence in degrees: grid azimuth is true azimuth less convergence."""
    if not len(latitude):  # PROJ refuses none at all
        return np.empty(0), np.empty(0), np.empty(0)
    east, north = _forward().transform(longitude, latitude)
    return (
        np.asarray(east, np.float64),
        np.asarray(north, np.float64),
        np.asarray(_projection().get_factors(longitude, latitude).meridian_convergence, np.float64),
    )


def to_sphere(points: Floats) -> Floats:
    """Rows of (east, north) as rows of (longitude, latitude), as GeoJSON orders them (RFC 7946 section 3.1.1)."""
    longitude, latitude = _back().transform(points[:, 0], points[:, 1])
    return np.column_stack([longitude, latitude])


@cache
def _projection() -> Proj:
    return Proj(f"EPSG:{EPSG}")


@cache
def _forward() -> Transformer:
    return Transformer.from_crs("EPSG:4326", f"EPSG:{EPSG}", always_xy=True)


@cache
def _back() -> Transformer:
    return Transformer.from_crs(f"EPSG:{EPSG}", "EPSG:4326", always_xy=True)
