from __future__ import annotations

import json

import pytest

from citycam.inventory.record import CameraRecord
from citycam.policy.eyes import eyes_of, wishes_of
from citycam.policy.overlap import compare
from citycam.policy.proposal import Proposal
from citycam.policy.sharing import Advice, Coverage, coverages
from citycam.policy.tests.proposals import proposal
from citycam.policy.tests.test_eyes import camera
from citycam.policy.tests.test_overlap import EAST_M, wish

ALL_ROUND = {"kind": "fisheye", "field_of_view_deg": 360.0, "range_m": 120.0, "azimuth_deg": None}


def ranked(proposals: list[Proposal], *cameras: CameraRecord) -> list[Coverage]:
    wishes, eyes = wishes_of(proposals), eyes_of(list(cameras))
    return coverages(proposals, wishes, eyes, compare(wishes, eyes))


def test_the_surest_comes_first() -> None:
    there = camera(1, **ALL_ROUND)
    found = ranked(
        [wish("P-1", latitude=21.04), wish("P-2"), wish("P-3", longitude=105.82 + 110 * EAST_M), wish("P-4")], there
    )
    assert [one.proposal.id for one in found] == ["P-2", "P-4", "P-3", "P-1"]
    assert [one.advice for one in found] == [Advice.SHARE, Advice.SHARE, Advice.PARTLY, Advice.NONE]


def test_what_may_be_seen_is_looked_at_first() -> None:
    (found,) = ranked([wish()], camera(1, kind="ptz"))
    assert found.advice is Advice.LOOK


def test_a_proposal_with_several_views_is_weighed_by_area() -> None:
    near = {"latitude": 21.03, "longitude": 105.82, "azimuth_deg": 90.0, "field_of_view_deg": 90.0, "range_m": 50.0}
    far = {**near, "latitude": 21.06, "range_m": 100.0}
    (found,) = ranked([proposal(views=(near, far))], camera(1, **ALL_ROUND))
    assert found.stated == pytest.approx(1 / 5, abs=0.01)
    assert found.views == (0, 1)


def test_proposals_without_a_position_are_left_out() -> None:
    assert [one.proposal.id for one in ranked([proposal("P-0"), wish("P-1")], camera())] == ["P-1"]


def test_who_sees_it_is_named_the_best_first() -> None:
    (found,) = ranked([wish()], camera(3, azimuth_deg=135.0), camera(2), camera(1, kind="ptz", azimuth_deg=None))
    assert [seer.camera for seer in found.seers] == ["cam-000002", "cam-000003", "cam-000001"]
    assert found.seers[0].agency == "Công an phường Ba Đình"
    assert found.seers[0].density == pytest.approx(960 / found.seers[0].metres, rel=0.01)


def test_at_most_ten_are_named() -> None:
    (found,) = ranked([wish()], *(camera(n) for n in range(1, 15)))
    assert len(found.seers) == 10


def test_an_unknown_width_has_no_density() -> None:
    (found,) = ranked([wish()], camera(width=None))
    assert found.seers[0].density is None


def test_the_answer_is_json_and_names_what_was_assumed() -> None:
    (found,) = ranked([wish(range_m=None, task="perceive")], camera())
    data = json.loads(json.dumps(found.as_data()))
    assert data["assumed"] == ["range_m"]
    assert data["pixels_per_metre_needed"] == 125
    assert data["covered"]["least"] <= data["covered"]["stated"] <= data["covered"]["most"]
