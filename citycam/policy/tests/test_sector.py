"""Sectors against what can be computed by hand, and their bounds against displaced and turned copies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from citycam.policy.sector import Sectors

CHORD = 0.01


def sector(**facts: float) -> Sectors:
    plain = {"east": 0.0, "north": 0.0, "azimuth": 0.0, "half": 45.0, "radius": 100.0, "error_m": 0.0, "turn_deg": 0.0}
    return Sectors(**{name: np.array([value], np.float64) for name, value in {**plain, **facts}.items()})


def ray(azimuth: float, metres: float) -> shapely.Point:
    return shapely.Point(metres * math.sin(math.radians(azimuth)), metres * math.cos(math.radians(azimuth)))


@pytest.mark.parametrize("half", [5.0, 30.0, 45.0, 60.0, 89.0, 90.0, 120.0, 179.0, 180.0])
def test_a_stated_sector_has_the_area_of_the_true_one(half: float) -> None:
    (shape,) = sector(half=half).stated()
    assert shape.is_valid
    assert shape.area == pytest.approx(math.radians(half) * 100**2, rel=1e-6)


def test_azimuth_is_clockwise_from_north() -> None:
    (east,) = sector(azimuth=90.0).stated()
    assert east.contains(ray(90, 90))
    assert not east.contains(ray(0, 50))
    (south_west,) = sector(azimuth=225.0, half=10.0).stated()
    assert south_west.contains(ray(225, 90))
    assert not south_west.contains(ray(212, 90))


def test_errors_shrink_what_is_certain_and_grow_what_is_possible() -> None:
    one = sector(error_m=5.0, turn_deg=10.0)
    (certain,), (stated,), (possible,) = one.certain(), one.stated(), one.possible()
    assert certain.area < stated.area < possible.area
    assert not certain.contains(ray(0, 96))
    assert certain.contains(ray(0, 94))
    assert possible.contains(ray(0, 104.9))
    assert possible.contains(shapely.Point(0, -4.9))
    assert not possible.contains(shapely.Point(0, -5.1))


def test_without_a_direction_nothing_is_certain_and_a_disc_is_possible() -> None:
    blind = sector(azimuth=math.nan, turn_deg=180.0)
    assert blind.certain()[0].is_empty
    assert blind.stated()[0].is_empty
    assert blind.possible()[0].area == pytest.approx(math.pi * 100**2, rel=CHORD)


def test_a_camera_that_sees_all_round_needs_no_direction() -> None:
    fisheye = sector(azimuth=math.nan, turn_deg=180.0, half=180.0, error_m=10.0)
    assert fisheye.certain()[0].area == pytest.approx(math.pi * 90**2, rel=CHORD)
    assert fisheye.stated()[0].area == pytest.approx(math.pi * 100**2)


@pytest.mark.parametrize("missing", ["half", "radius", "east", "north"])
def test_a_missing_fact_is_an_empty_sector(missing: str) -> None:
    one = sector(**{missing: math.nan})
    assert [shape.is_empty for shape in (one.certain()[0], one.stated()[0], one.possible()[0])] == [True] * 3


@pytest.mark.parametrize(
    "facts", [{"error_m": 60.0}, {"error_m": 100.0}, {"turn_deg": 45.0}, {"half": 2.0, "error_m": 4.0}]
)
def test_too_large_an_error_leaves_nothing_certain(facts: dict[str, float]) -> None:
    assert sector(**facts).certain()[0].is_empty
    assert not sector(**facts).possible()[0].is_empty


SOME: Any = st.fixed_dictionaries(
    {
        "azimuth": st.floats(0, 359),
        "half": st.floats(3, 179),
        "radius": st.floats(10, 200),
        "error_m": st.floats(0, 60),
        "turn_deg": st.floats(0, 60),
    }
)


@given(SOME, st.floats(0, 360), st.floats(0, 1), st.floats(-1, 1))
def test_whatever_the_true_place_and_direction_the_bounds_hold(
    facts: dict[str, float], bearing: float, part: float, turned: float
) -> None:
    one = sector(**facts)
    (certain,), (possible,) = one.certain(), one.possible()
    moved = ray(bearing, part * facts["error_m"])
    azimuth = facts["azimuth"] + turned * facts["turn_deg"]
    (true,) = sector(**{**facts, "azimuth": azimuth, "east": moved.x, "north": moved.y}).stated()
    slack = CHORD * facts["radius"]
    assert certain.is_valid
    assert possible.is_valid
    assert certain.difference(true.buffer(slack)).is_empty
    assert possible.buffer(slack).covers(true)


@given(st.lists(SOME, min_size=1, max_size=6))
def test_many_at_once_are_as_one_by_one(several: list[dict[str, float]]) -> None:
    together = Sectors(
        **{
            name: np.array([{"east": 0.0, "north": 0.0, **one}[name] for one in several], np.float64)
            for name in ("east", "north", "azimuth", "half", "radius", "error_m", "turn_deg")
        }
    )
    for kind in ("certain", "stated", "possible"):
        alone = [getattr(sector(**one), kind)()[0] for one in several]
        assert shapely.equals_exact(getattr(together, kind)(), alone, tolerance=1e-9).all()
