"""How much of what is proposed is seen already: by whom, how surely, and in what detail.

Every share has three values. `least` is what existing cameras see whatever the true positions, directions and missing
facts are; `stated` takes every stated fact at its word, and of cameras that do not state enough what is certain;
`most` is what they may see at best. Where a proposal says what its pictures are for, a camera counts only as far as it
gives the pixels per metre which that task needs (IEC 62676-4:2025). Obstacles are not known and not considered.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import shapely

from citycam.policy.eyes import Eyes, Wishes, metres_of_density
from citycam.policy.ground import Floats
from citycam.policy.sector import Geometries, Indices, Sectors

_CLOSE_M2 = 1e-6


@dataclass(frozen=True)
class Shares:
    """Parts (n,) from 0 to 1 of the ground of n wished views; least ≤ stated ≤ most."""

    least: Floats
    stated: Floats
    most: Floats


@dataclass(frozen=True)
class Pairs:
    """Existing cameras that may see ground of a wished view, sorted by view and camera.

    `stated` and `most` are the parts of the view's ground that one camera sees; `metres` the distance from the camera
    to the middle of that ground and `density` its pixels per metre there, NaN when its picture's width is unknown.
    """

    view: Indices
    camera: Indices
    stated: Floats
    most: Floats
    metres: Floats
    density: Floats


@dataclass(frozen=True)
class Overlap:
    """The result: `ground` is what each view wants to see (a disc when it does not say in which direction)."""

    ground: Geometries
    shares: Shares
    pairs: Pairs


def compare(wishes: Wishes, eyes: Eyes) -> Overlap:
    """Compare n wished views with m existing cameras, by an R-tree and never pair by pair."""
    ground = wishes.ground()
    view, camera = _candidates(wishes, eyes)
    offset = wishes.error_m[view]

    def reach(half: Floats, unknown: float) -> Floats:
        """How far the cameras of the pairs give the pixels that are needed; `unknown` without a known width."""
        need, width = wishes.density[view], eyes.width[camera]
        far = metres_of_density(width, half[camera], need)
        return np.where(need > 0, np.where(np.isnan(width), unknown, far), np.inf)

    with ThreadPoolExecutor(3) as threads:  # GEOS leaves the interpreter free
        least, stated, most = threads.map(
            lambda shapes: _seen(ground, view, shapes()),
            (
                lambda: _limited(eyes.least, reach(eyes.most.half, np.nan), camera, offset).certain(),
                lambda: _limited(eyes.stated, reach(eyes.stated.half, np.nan), camera, offset).stated(),
                lambda: _limited(eyes.most, reach(eyes.least.half, np.inf), camera, offset).possible(),
            ),
        )
    size = np.maximum(wishes.area(), _CLOSE_M2)
    shares = _shares(wishes, ground, size, least.total, stated.total, most.total)
    pairs = _pairs(eyes, view, camera, size, stated, most)
    return Overlap(ground, shares, pairs)


def _candidates(wishes: Wishes, eyes: Eyes) -> tuple[Indices, Indices]:
    """Indices of views and cameras whose largest discs touch, sorted by view, then by camera."""
    reach = eyes.most.radius + eyes.most.error_m
    wanted = wishes.sectors.radius + wishes.error_m
    known, asked = np.flatnonzero(np.isfinite(reach)), np.flatnonzero(np.isfinite(wanted))
    if not len(known) or not len(asked):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    tree = shapely.STRtree(_boxes(eyes.most, reach, known))
    view, camera = tree.query(_boxes(wishes.sectors, wanted, asked))
    view, camera = asked[view], known[camera]
    apart = np.hypot(
        wishes.sectors.east[view] - eyes.most.east[camera], wishes.sectors.north[view] - eyes.most.north[camera]
    )
    close = apart <= wanted[view] + reach[camera]
    view, camera = view[close], camera[close]
    order = np.lexsort((camera, view))
    return view[order], camera[order]


def _boxes(sectors: Sectors, reach: Floats, at: Indices) -> Geometries:
    east, north, far = sectors.east[at], sectors.north[at], reach[at]
    return np.asarray(shapely.box(east - far, north - far, east + far, north + far))


def _limited(sectors: Sectors, reach: Floats, camera: Indices, offset: Floats) -> Sectors:
    """The cameras of the pairs, no farther than `reach`, with the error of the view's position added to theirs."""
    chosen = sectors.take(camera)
    return replace(chosen, radius=np.minimum(chosen.radius, reach), error_m=chosen.error_m + offset)


@dataclass(frozen=True)
class _Seen:
    """Ground (pairs,) that a camera sees of a view, its area, and the area of all cameras together (views,)."""

    shapes: Geometries
    area: Floats
    total: Floats


def _seen(ground: Geometries, view: Indices, shapes: Geometries) -> _Seen:
    parts = np.full(len(view), shapely.Polygon(), dtype=object)
    some = np.flatnonzero(~shapely.is_empty(shapes))
    parts[some] = shapely.intersection(ground[view[some]], shapes[some])
    area = shapely.area(parts)
    total = np.zeros(len(ground))
    there = np.flatnonzero(area > _CLOSE_M2)
    owners, first, count = np.unique(view[there], return_index=True, return_counts=True)
    total[owners] = area[there[first]]
    shared = np.isin(view[there], owners[count > 1])
    if shared.any():
        many, group = np.unique(view[there[shared]], return_inverse=True)
        collections = np.asarray(shapely.geometrycollections(parts[there[shared]], indices=group))
        total[many] = shapely.area(shapely.union_all(collections.reshape(-1, 1), axis=1))
    return _Seen(parts, area, total)


def _shares(wishes: Wishes, ground: Geometries, size: Floats, least: Floats, stated: Floats, most: Floats) -> Shares:
    """Shares of the wished ground. A view without direction is a piece of size `size` somewhere in its disc.

    Of such a piece, the part that may lie outside what is seen bounds it from below, and all that is seen from above;
    its mean over all directions is the share of the disc.
    """
    whole = np.maximum(shapely.area(ground), size)
    low = np.where(wishes.directed, least / whole, (size - (whole - least)) / size)
    high = np.where(wishes.directed, most / whole, most / size)
    middle = np.clip(stated / whole, 0, 1)
    # What is certain of cameras that state too little counts too; and polygons stand for arcs, so that bounds may miss
    # what lies between them by the width of a chord.
    low = np.clip(low, 0, 1)
    middle = np.maximum(middle, low)
    return Shares(low, middle, np.maximum(np.clip(high, 0, 1), middle))


def _pairs(eyes: Eyes, view: Indices, camera: Indices, size: Floats, stated: _Seen, most: _Seen) -> Pairs:
    seen = np.where(stated.area > _CLOSE_M2, stated.shapes, most.shapes)
    kept = np.flatnonzero(most.area > _CLOSE_M2)
    middle = shapely.centroid(seen[kept])
    view, camera = view[kept], camera[kept]
    metres = np.hypot(shapely.get_x(middle) - eyes.most.east[camera], shapely.get_y(middle) - eyes.most.north[camera])
    half = np.where(np.isnan(eyes.stated.half[camera]), eyes.least.half[camera], eyes.stated.half[camera])
    with np.errstate(divide="ignore", invalid="ignore"):
        density = metres_of_density(eyes.width[camera], half, np.ones(len(camera))) / metres
    part = np.clip(stated.area[kept] / size[view], 0, 1)
    return Pairs(view, camera, part, np.maximum(part, np.clip(most.area[kept] / size[view], 0, 1)), metres, density)
