"""Overlaps on a map: GeoJSON for a geographic information system, and an SVG that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import shapely

from citycam.policy.eyes import Eyes
from citycam.policy.ground import to_sphere
from citycam.policy.overlap import Overlap
from citycam.policy.sector import Geometries, Indices
from citycam.policy.sharing import Advice, Coverage

COLOURS = {Advice.SHARE: "#b2182b", Advice.LOOK: "#ef8a62", Advice.PARTLY: "#67a9cf", Advice.NONE: "#969696"}
"""Told apart without telling red from green."""
_SEEN = "#4d4d4d"
_WIDTH = 1200.0
_MARGIN_M = 50.0


def geojson(coverages: Sequence[Coverage], eyes: Eyes, overlap: Overlap) -> dict[str, Any]:
    """RFC 7946: the ground of each wished view, and what each camera named beside it is stated to see, or its place."""
    features = [
        _feature(
            overlap.ground[view],
            {
                "role": "proposal",
                "proposal": one.proposal.id,
                "agency": one.proposal.agency,
                "advice": one.advice,
                **{name: round(getattr(one, name), 4) for name in ("least", "stated", "most")},
                "seen_by": [seer.camera for seer in one.seers],
            },
        )
        for one in coverages
        for view in one.views
    ]
    named, shapes = _named(coverages, eyes)
    for index, shape in zip(named.tolist(), shapes, strict=True):
        record = eyes.records[index]
        facts = {"role": "camera", "camera": record.id, "agency": record.agency, "state": record.state}
        features.append(_feature(shape, facts))
    return {"type": "FeatureCollection", "features": features}


def svg(coverages: Sequence[Coverage], eyes: Eyes, overlap: Overlap) -> str:
    """The same, north up, one unit a metre; a legend, and a tooltip on every shape. Without views it is empty."""
    named, cameras = _named(coverages, eyes)
    wanted = [(one, overlap.ground[view]) for one in coverages for view in one.views]
    west, south, east, north = (
        shapely.total_bounds(np.array([*(shape for _, shape in wanted), *cameras], dtype=object))
        if wanted
        else np.zeros(4)
    )
    west, south, east, north = west - _MARGIN_M, south - _MARGIN_M, east + _MARGIN_M, north + _MARGIN_M
    wide, high = east - west, north - south
    stroke = wide / _WIDTH
    body = [
        _path(shape, west, north, f'fill="none" stroke="{_SEEN}" stroke-width="{stroke:.2f}"', eyes.records[index].id)
        for index, shape in zip(named.tolist(), cameras, strict=True)
    ]
    body += [
        _path(shape, west, north, f'fill="{COLOURS[one.advice]}" fill-opacity="0.5"', _title(one))
        for one, shape in wanted
    ]
    size = 14 * stroke
    for line, (advice, colour) in enumerate(COLOURS.items()):
        y = size * (1.5 + 1.6 * line)
        body.append(f'<rect x="{size:.1f}" y="{y:.1f}" width="{size:.1f}" height="{size:.1f}" fill="{colour}"/>')
        body.append(f'<text x="{2.5 * size:.1f}" y="{y + 0.85 * size:.1f}" font-size="{size:.1f}">{advice}</text>')
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.1f} {high:.1f}" width="{_WIDTH:.0f}"'
        f' height="{_WIDTH * high / wide:.0f}" font-family="sans-serif">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#fff"/>', *body, "</svg>"]) + "\n"


def _named(coverages: Sequence[Coverage], eyes: Eyes) -> tuple[Indices, Geometries]:
    """Indices of the cameras that are named, and what each is stated to see; its place when it does not say enough."""
    wanted = {seer.camera for one in coverages for seer in one.seers}
    named = np.array([at for at, record in enumerate(eyes.records) if record.id in wanted], np.int64)
    shapes = eyes.stated.take(named).stated()
    places = np.asarray(shapely.points(eyes.stated.east[named], eyes.stated.north[named]))
    return named, np.where(shapely.is_empty(shapes), places, shapes)


def _feature(shape: Any, properties: dict[str, Any]) -> dict[str, Any]:
    degrees = shapely.transform(shape, to_sphere)
    return {"type": "Feature", "geometry": shapely.geometry.mapping(degrees), "properties": properties}


def _path(shape: Any, west: float, north: float, style: str, title: str) -> str:
    points = shapely.get_coordinates(shape)
    tip = f"<title>{escape(title)}</title>"
    if len(points) == 1:
        x, y = points[0, 0] - west, north - points[0, 1]
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {style}>{tip}</circle>'
    ring = " ".join(f"{x - west:.1f},{north - y:.1f}" for x, y in points)
    return f'<polygon points="{ring}" {style}>{tip}</polygon>'


def _title(one: Coverage) -> str:
    shares = f"{one.least:.0%} / {one.stated:.0%} / {one.most:.0%}"
    return f"{one.proposal.id} {one.proposal.title}: {shares}, {one.advice}"
