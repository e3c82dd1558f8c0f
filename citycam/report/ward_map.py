"""A map of the wards and communes as SVG: cells, and a pie on each ward. Offline; nothing is fetched.

No package carries the legal outlines of the wards of July 2025. Cells are nearest-centre regions (Voronoi) of the wards
and communes of before, whose boxes are known, joined as they were merged: right in place and neighbourhood, not at the
border. The page says so.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from citycam.inventory.wards import old_units, todays_wards

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry as Geometry

KM_PER_DEGREE = 111.195
COS = math.cos(math.radians(21))
WIDTH, HEIGHT = 1000.0, 700.0
MAP_WIDTH = 560.0
INNER_AREA_KM2 = 9.0
"""Wards smaller than this stand so close that they are drawn again, larger."""
ROUND = 0.54
"""Half axes of an ellipse as a part of its box; a little more than half, for units touch."""
EDGE = 0.7
LABEL = 9.0
LETTER = 0.56
"""Width of a letter as a part of its height."""


Box = tuple[float, float, float, float]
"""West, south, east, north."""


@dataclass(frozen=True)
class Mark:
    """A ward on the map: the CSS class of its cell, and of each part of its pie with how many cameras that is."""

    code: int
    parts: tuple[tuple[str, int], ...]
    tint: str = ""

    @property
    def total(self) -> int:
        """How many cameras."""
        return sum(count for _, count in self.parts)


@dataclass(frozen=True)
class Frame:
    """A window of the map: kilometres in, units of the drawing out. `scale` is units per km."""

    left: float
    top: float
    west: float
    north: float
    scale: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """A point of the plane in the drawing."""
        return self.left + (x - self.west) * self.scale, self.top + (self.north - y) * self.scale


def ward_map(marks: Sequence[Mark], label: str) -> Markup:
    """The drawing. Wards without a mark are drawn empty; `label` is what a screen reader says."""
    by_code = {mark.code: mark for mark in marks}
    largest = max((mark.total for mark in marks), default=1)
    bounds = _bounds()
    inner = _inner()
    main = Frame(0, 0, bounds[0], bounds[3], min(MAP_WIDTH / (bounds[2] - bounds[0]), HEIGHT / (bounds[3] - bounds[1])))
    side = WIDTH - MAP_WIDTH - 24
    inset = Frame(MAP_WIDTH + 24, 60, inner[0], inner[3], side / (inner[2] - inner[0]))
    high = (inner[3] - inner[1]) * inset.scale
    inside = {code for code in todays_wards() if _within(_centre(code), inner)}
    body = [
        _layer(main, by_code, largest, 13.0, todays_wards().keys() - inside, MAP_WIDTH + 24),
        _lens(main, inset, inner),
        '<g clip-path="url(#lens)">',
        f'<rect class="sea" x="{inset.left:.1f}" y="{inset.top:.1f}" width="{side:.1f}" height="{high:.1f}"/>',
        _layer(inset, by_code, largest, 19.0, inside, side),
        "</g>",
        f'<rect class="lens" x="{inset.left:.1f}" y="{inset.top:.1f}" width="{side:.1f}" height="{high:.1f}"/>',
        _scale(main, 20, 10, HEIGHT - 12),
        _scale(inset, 2, inset.left + 4, inset.top + high + 16),
    ]
    size = f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}"'
    text = f'<svg class="wards" {size} role="img" aria-label="{escape(label)}">{"".join(body)}</svg>'
    return Markup(text)  # noqa: S704  numbers, class names of ours, and escaped names


def _lens(main: Frame, inset: Frame, inner: Box) -> str:
    """What is drawn again: its frame on the map, lines to the larger drawing, and the window that cuts it off."""
    x0, y0 = main.place(inner[0], inner[3])
    x1, y1 = main.place(inner[2], inner[1])
    side, high = (inner[2] - inner[0]) * inset.scale, (inner[3] - inner[1]) * inset.scale
    foot = inset.top + high
    return (
        f'<rect class="lens" x="{x0:.1f}" y="{y0:.1f}" width="{x1 - x0:.1f}" height="{y1 - y0:.1f}"/>'
        f'<path class="lens" d="M{x1:.1f} {y0:.1f}L{inset.left:.1f} {inset.top:.1f}"/>'
        f'<path class="lens" d="M{x1:.1f} {y1:.1f}L{inset.left:.1f} {foot:.1f}"/>'
        f'<clipPath id="lens"><rect x="{inset.left:.1f}" y="{inset.top:.1f}"'
        f' width="{side:.1f}" height="{high:.1f}"/></clipPath>'
    )


def _layer(
    frame: Frame, marks: Mapping[int, Mark], largest: int, radius: float, bubbles: Set[int], width: float
) -> str:
    cells = "".join(
        f'<path class="cell {escape(marks[code].tint) if code in marks else ""}" d="{_outline(frame, cell)}"/>'
        for code, cell in cells_by_ward().items()
    )
    drawn = sorted((marks[code] for code in bubbles & marks.keys()), key=lambda mark: (-mark.total, mark.code))
    discs: list[tuple[float, float, float]] = []
    pies = []
    for mark in drawn:
        x, y = frame.place(*_centre(mark.code))
        size = max(1.5, radius * math.sqrt(mark.total / largest))
        discs.append((x, y, size))
        name = escape(todays_wards()[mark.code].name)
        pies.append(f"<g><title>{name}: {mark.total}</title>{_pie(x, y, size, mark)}</g>")
    names = _labels(drawn, discs, (frame.left, frame.left + width))
    return f"<g>{cells}{''.join(pies)}{names}</g>"


def _pie(x: float, y: float, size: float, mark: Mark) -> str:
    parts = [(name, count) for name, count in mark.parts if count]
    ring = f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>'
    if len(parts) == 1:
        return f'<circle class="{escape(parts[0][0])}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>{ring}'
    angle, slices = -math.pi / 2, []
    for name, count in parts:
        turn = 2 * math.pi * count / mark.total
        start, end = _rim(x, y, size, angle), _rim(x, y, size, angle + turn)
        angle += turn
        arc = f"A{size:.1f} {size:.1f} 0 {int(turn > math.pi)} 1 {end}"
        slices.append(f'<path class="{escape(name)}" d="M{x:.1f} {y:.1f}L{start}{arc}Z"/>')
    return "".join(slices) + ring


def _rim(x: float, y: float, size: float, angle: float) -> str:
    return f"{x + size * math.cos(angle):.2f} {y + size * math.sin(angle):.2f}"


def _labels(marks: Sequence[Mark], discs: Sequence[tuple[float, float, float]], edges: tuple[float, float]) -> str:
    """Names under their discs, or above; largest wards first, and only where nothing is in the way."""
    taken: list[Box] = [(x - r, y - r, x + r, y + r) for x, y, r in discs]
    names = []
    for at, (mark, (x, y, size)) in enumerate(zip(marks, discs, strict=True)):
        name = todays_wards()[mark.code].name.split(" ", 1)[1]
        half = len(name) * LABEL * LETTER / 2
        beside = size + half + 2
        for middle, base in ((x, y + size + LABEL), (x, y - size - 2.5), (x + beside, y + 3), (x - beside, y + 3)):
            box = (middle - half, base - LABEL * 0.85, middle + half, base + LABEL * 0.25)
            if not edges[0] < box[0] < box[2] < edges[1]:
                continue
            if not any(_overlap(box, other) for number, other in enumerate(taken) if number != at):
                taken.append(box)
                names.append(f'<text x="{middle:.1f}" y="{base:.1f}">{escape(name)}</text>')
                break
    return "".join(names)


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _scale(frame: Frame, km: int, x: float, y: float) -> str:
    end = x + km * frame.scale
    return (
        f'<path class="scale" d="M{x:.1f} {y - 4:.1f}V{y:.1f}H{end:.1f}V{y - 4:.1f}"/>'
        f'<text class="scale" x="{end + 5:.1f}" y="{y:.1f}">{km} km</text>'
    )


def _outline(frame: Frame, cell: Geometry) -> str:
    rings = [part.exterior for part in getattr(cell, "geoms", [cell])]
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (frame.place(*point) for point in ring.coords[:-1])) + "Z"
        for ring in rings
    )


@cache
def cells_by_ward() -> Mapping[int, Geometry]:
    """Ward code → its cell, in kilometres east of Greenwich and north of the equator, at the latitude of Hanoi."""
    from shapely import MultiPoint, Point, STRtree, intersection, union_all, voronoi_polygons

    points: list[tuple[float, float]] = []
    owners: list[int] = []
    for unit in old_units():
        points.append(_plane((unit.south + unit.north) / 2, (unit.west + unit.east) / 2))
        owners.append(unit.today[0])
    for code in sorted(todays_wards().keys() - set(owners)):
        points.append(_centre(code))
        owners.append(code)
    outline = _city()
    regions = list(voronoi_polygons(MultiPoint(points), extend_to=outline).geoms)
    tree = STRtree(regions)
    parts: dict[int, list[Geometry]] = defaultdict(list)
    for point, owner in zip(points, owners, strict=True):
        spot = Point(point)
        parts[owner].append(next(regions[at] for at in tree.query(spot) if regions[at].covers(spot)))
    return {code: intersection(union_all(own), outline).simplify(0.05) for code, own in sorted(parts.items())}


@cache
def _city() -> Geometry:
    """The city: an ellipse in the box of each of its old units, all grown together."""
    from shapely import Point, affinity, union_all

    ellipses = []
    for unit in old_units():
        west, south = _plane(unit.south, unit.west)
        east, north = _plane(unit.north, unit.east)
        disc = Point((west + east) / 2, (south + north) / 2).buffer(1)
        ellipses.append(affinity.scale(disc, (east - west) * ROUND, (north - south) * ROUND))
    return union_all(ellipses).buffer(1.0).buffer(-1.0)


def _plane(latitude: float, longitude: float) -> tuple[float, float]:
    return longitude * COS * KM_PER_DEGREE, latitude * KM_PER_DEGREE


def _centre(code: int) -> tuple[float, float]:
    ward = todays_wards()[code]
    return _plane(ward.latitude, ward.longitude)


@cache
def _bounds() -> Box:
    west, south, east, north = _city().bounds
    return west - 1, south - 1, east + 1, north + 1


@cache
def _inner() -> Box:
    """The box of the small wards in the middle."""
    small = [_centre(ward.code) for ward in todays_wards().values() if ward.area_km2 < INNER_AREA_KM2]
    xs, ys = sorted(x for x, _ in small), sorted(y for _, y in small)
    cut = len(small) // 12
    return xs[cut] - 2.0, ys[cut] - 1.8, xs[-1 - cut] + 2.0, ys[-1 - cut] + 1.8


def _within(point: tuple[float, float], box: Box) -> bool:
    """Whether a ward's disc and name have room in the box."""
    return box[0] + EDGE < point[0] < box[2] - EDGE and box[1] + EDGE < point[1] < box[3] - EDGE
