from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.record import CameraRecord
from citycam.policy.eyes import eyes_of, wishes_of
from citycam.policy.overlap import Overlap, compare
from citycam.policy.proposal import Proposal
from citycam.policy.tests.proposals import proposal
from citycam.policy.tests.test_eyes import camera

NORTH_M = 1 / 110_700
EAST_M = 1 / 103_900


def wish(identifier: str = "P-1", **facts: Any) -> Proposal:
    view = {"latitude": 21.03, "longitude": 105.82, "azimuth_deg": 90.0, "field_of_view_deg": 90.0, "range_m": 50.0}
    task = facts.pop("task", None)
    return proposal(identifier, task=task, views=({**view, **facts},))


def shares(proposals: list[Proposal], cameras: list[CameraRecord]) -> np.ndarray[Any, Any]:
    found = compare(wishes_of(proposals), eyes_of(cameras)).shares
    return np.column_stack([found.least, found.stated, found.most])


def share(one: Proposal, *cameras: CameraRecord) -> Any:
    return tuple(shares([one], list(cameras))[0].tolist())


EXACT: dict[str, Any] = {"position_error_m": 0.0, "azimuth_deg": 91.0}


def test_the_same_place_and_direction_is_covered() -> None:
    least, stated, most = share(wish(azimuth_deg=91.0), camera(**EXACT))
    assert stated == pytest.approx(1)
    assert most == pytest.approx(1, abs=0.01)
    assert least == pytest.approx(85 / 90, abs=0.01), "a direction written in whole degrees may be 2.5 degrees off"


def test_a_quarter_turn_covers_half_of_a_right_angle() -> None:
    assert share(wish(), camera(azimuth_deg=135.0))[1] == pytest.approx(0.5, abs=0.01)


def test_back_to_back_covers_nothing_for_sure() -> None:
    least, stated, most = share(wish(), camera(azimuth_deg=271.0, position_error_m=0.0))
    assert (least, stated, most) == (0, 0, 0)


def test_far_away_covers_nothing() -> None:
    assert share(wish(), camera(latitude=21.04)) == (0, 0, 0)


def test_a_known_area_half_of_the_range_is_a_quarter() -> None:
    assert share(wish(azimuth_deg=91.0), camera(**EXACT, range_m=25.0))[1] == pytest.approx(0.25, abs=0.005)


def test_without_a_direction_it_is_nothing_to_all() -> None:
    least, stated, most = share(wish(), camera(azimuth_deg=None))
    assert (least, stated, most) == (0, 0, pytest.approx(1, abs=0.01))


def test_a_ptz_is_not_counted_on_but_may_do() -> None:
    least, stated, most = share(wish(azimuth_deg=270.0), camera(kind="ptz"))
    assert (least, stated, most) == (0, 0, pytest.approx(1, abs=0.01))


def test_a_missing_range_is_bounded() -> None:
    least, stated, most = share(wish(azimuth_deg=91.0), camera(**EXACT, range_m=None))
    assert 0 < least < 0.05
    assert stated == least
    assert most == pytest.approx(1, abs=0.01)


def test_two_that_see_the_same_are_not_counted_twice() -> None:
    one, other = camera(1, azimuth_deg=135.0), camera(2, azimuth_deg=135.0)
    assert share(wish(), one, other)[1] == pytest.approx(share(wish(), one)[1], abs=1e-9)


def test_two_that_see_the_two_halves_cover_all() -> None:
    assert share(wish(), camera(1, azimuth_deg=135.0), camera(2, azimuth_deg=45.0))[1] == pytest.approx(1, abs=0.01)


def test_a_task_needs_pixels() -> None:
    aimed = camera(**EXACT)
    assert share(wish(azimuth_deg=91.0, task="overview"), aimed)[1] == pytest.approx((48 / 50) ** 2, abs=0.01)
    assert share(wish(azimuth_deg=91.0, task="perceive"), aimed)[1] == pytest.approx((7.68 / 50) ** 2, abs=0.005)
    unknown = camera(**EXACT, width=None)
    least, stated, most = share(wish(azimuth_deg=91.0, task="perceive"), unknown)
    assert (least, stated, most) == (0, 0, pytest.approx(1, abs=0.01))


def test_a_proposal_without_a_direction_is_bounded_too() -> None:
    blind = wish(azimuth_deg=None)
    assert share(blind, camera(kind="fisheye", field_of_view_deg=360.0, range_m=80.0)) == pytest.approx((1, 1, 1))
    least, stated, most = share(blind, camera(**EXACT))
    assert (least, most) == (0, pytest.approx(1, abs=0.01))
    assert stated == pytest.approx(0.25, abs=0.01), "its mean over all directions"


def test_an_uncertain_proposal_is_less_surely_covered() -> None:
    large = camera(**EXACT, range_m=200.0, field_of_view_deg=170.0, longitude=105.82 - 10 * EAST_M)
    sure = share(wish(), large)[0]
    unsure = share(wish(position_error_m=15.0), large)[0]
    assert unsure < sure
    assert sure == pytest.approx(1, abs=0.02)


def test_by_whom_and_in_what_detail() -> None:
    found = compare(wishes_of([wish()]), eyes_of([camera(1, azimuth_deg=271.0), camera(2), camera(3, latitude=21.1)]))
    pairs = found.pairs
    assert (pairs.view.tolist(), pairs.camera.tolist()[-1]) == ([0] * len(pairs.view), 1)
    assert pairs.stated[-1] == pytest.approx(1)
    middle = 50 * 2 / 3 * math.sin(math.pi / 4) / (math.pi / 4)
    assert pairs.metres[-1] == pytest.approx(middle, rel=0.01)
    assert pairs.density[-1] == pytest.approx(960 / middle, rel=0.01)


def test_nothing_proposed_or_nothing_there() -> None:
    assert shares([], [camera()]).shape == (0, 3)
    assert share(wish()) == (0, 0, 0)
    assert share(wish(), camera(latitude=None)) == (0, 0, 0)


def some_camera(number: int, chance: random.Random) -> CameraRecord:
    return camera(
        number,
        latitude=21.03 + chance.uniform(-60, 60) * NORTH_M,
        longitude=105.82 + chance.uniform(-60, 60) * EAST_M,
        position_error_m=chance.choice([None, 0.0, 3.0, 30.0]),
        kind=chance.choice(["fixed", "ptz", "fisheye", None]),
        azimuth_deg=chance.choice([None, 45.0, chance.uniform(0, 359)]),
        field_of_view_deg=chance.choice([None, 40.0, 90.0, 200.0, 360.0]),
        range_m=chance.choice([None, 20.0, 80.0]),
        width=chance.choice([None, 704, 3840]),
    )


def some_wish(number: int, chance: random.Random) -> Proposal:
    return wish(
        f"P-{number}",
        position_error_m=chance.choice([None, 0.0, 8.0]),
        azimuth_deg=chance.choice([None, 10.0, 200.0]),
        field_of_view_deg=chance.choice([None, 60.0, 200.0, 360.0]),
        range_m=chance.choice([None, 30.0, 90.0]),
        task=chance.choice([None, "overview", "perceive"]),
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 8))
def test_shares_are_bounded_ordered_monotone_and_independent_of_the_order(seed: int, count: int) -> None:
    chance = random.Random(seed)
    cameras = [some_camera(number, chance) for number in range(1, count + 1)]
    proposals = [some_wish(number, chance) for number in range(3)]
    all_of_them = shares(proposals, cameras)
    assert ((all_of_them >= 0) & (all_of_them <= 1)).all()
    assert (np.diff(all_of_them, axis=1) >= 0).all()
    assert (shares(proposals, cameras[: count // 2]) <= all_of_them + 1e-6).all()
    shuffled = chance.sample(cameras, count)
    assert (shares(proposals, shuffled) == all_of_them).all()
    assert shares(proposals[::-1], cameras)[::-1] == pytest.approx(all_of_them, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_the_truth_lies_between_the_bounds(seed: int) -> None:
    """Displace and turn the cameras within their errors: what they then see lies between `least` and `most`."""
    chance = random.Random(seed)
    told = [some_camera(n, chance).model_copy(update={"kind": None}) for n in range(1, 5)]
    told = [one.model_copy(update={"field_of_view_deg": 90.0, "range_m": 60.0, "width": 1920}) for one in told]
    one = wish(azimuth_deg=20.0)
    least, _, most = share(one, *told)
    turns = eyes_of(told).stated.turn_deg
    true = []
    for camera_, turn in zip(told, turns, strict=True):
        error = (25.0 if camera_.position_error_m is None else camera_.position_error_m) * chance.random()
        bearing = chance.uniform(0, 2 * math.pi)
        azimuth = ((camera_.azimuth_deg or 0.0) + chance.uniform(-turn, turn)) % 360
        facts = {
            "latitude": (camera_.latitude or 0) + error * math.cos(bearing) * NORTH_M,
            "longitude": (camera_.longitude or 0) + error * math.sin(bearing) * EAST_M,
            "azimuth_deg": min(azimuth, 359.99),
        }
        true.append(camera_.model_copy(update=facts))
    actual = share(one, *true)[1]
    assert least - 0.01 <= actual <= most + 0.01


def test_a_result_is_kept_with_its_ground() -> None:
    found = compare(wishes_of([wish()]), eyes_of([camera()]))
    assert isinstance(found, Overlap)
    assert found.ground[0].area == pytest.approx(math.pi / 4 * 50**2, rel=1e-6)
