from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from citycam.inventory.record import CameraRecord
from citycam.policy.eyes import FIELD_OF_VIEW, POSITION_ERROR_M, RANGE, eyes_of, metres_of_density, wishes_of
from citycam.policy.tests.proposals import proposal


def camera(number: int = 1, **facts: Any) -> CameraRecord:
    plain = {
        "id": f"cam-{number:06d}",
        "agency": "Công an phường Ba Đình",
        "latitude": 21.03,
        "longitude": 105.82,
        "position_error_m": 2.0,
        "kind": "fixed",
        "azimuth_deg": 90.0,
        "field_of_view_deg": 90.0,
        "range_m": 50.0,
        "width": 1920,
    }
    return CameraRecord.model_validate({**plain, **facts})


@pytest.mark.parametrize(
    ("width", "angle", "density", "metres"),
    [
        (1920, 90, 125, 7.68),
        (2560, 60, 20, 2560 / (2 * math.tan(math.radians(30)) * 20)),
        (3840, 360, 20, 3840 / (2 * math.pi * 20)),
    ],
)
def test_pixels_per_metre(width: float, angle: float, density: float, metres: float) -> None:
    found = metres_of_density(*(np.array([value], float) for value in (width, angle / 2, density)))
    assert found[0] == pytest.approx(metres)


def test_cameras_are_sorted_and_only_those_that_stand_there_count() -> None:
    eyes = eyes_of(
        [
            camera(4),
            camera(3, state="planned"),
            camera(2, state="removed"),
            camera(5, latitude=None),
            camera(1, state="faulty"),
        ]
    )
    assert [record.id for record in eyes.records] == ["cam-000001", "cam-000004"]


def test_what_is_not_stated_lies_between_limits() -> None:
    eyes = eyes_of([camera(field_of_view_deg=None, range_m=None, position_error_m=None)])
    assert (eyes.least.half[0], eyes.most.half[0]) == (FIELD_OF_VIEW.least / 2, FIELD_OF_VIEW.most / 2)
    assert (eyes.least.radius[0], eyes.most.radius[0]) == (RANGE.least, RANGE.most)
    assert np.isnan([eyes.stated.half[0], eyes.stated.radius[0]]).all()
    assert eyes.stated.error_m[0] == POSITION_ERROR_M


@pytest.mark.parametrize(
    ("facts", "turn"),
    [
        ({"azimuth_deg": 135.0}, 22.5),
        ({"azimuth_deg": 130.0}, 5.0),
        ({"azimuth_deg": 132.0}, 2.5),
        ({"azimuth_deg": None}, 180.0),
        ({"azimuth_deg": 132.0, "kind": "ptz"}, 180.0),
    ],
)
def test_a_direction_is_as_good_as_its_digits_and_that_of_a_ptz_is_none(facts: dict[str, Any], turn: float) -> None:
    assert eyes_of([camera(**facts)]).stated.turn_deg[0] == turn


def test_a_fisheye_sees_all_round() -> None:
    assert eyes_of([camera(kind="fisheye", field_of_view_deg=None)]).stated.half[0] == 180


def test_a_proposal_that_does_not_say_gets_the_usual_and_it_is_named() -> None:
    wishes = wishes_of([proposal(views=({"latitude": 21.03, "longitude": 105.82, "range_m": 80},), task="perceive")])
    assert wishes.assumed == [("field_of_view_deg",)]
    assert (wishes.sectors.half[0], wishes.sectors.radius[0], wishes.density[0]) == (45, 80, 125)
    assert not wishes.directed[0]


def test_no_cameras_and_no_views_are_fine() -> None:
    assert len(eyes_of([]).least) == 0
    assert len(wishes_of([proposal()]).sectors) == 0
