from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.policy.likeness import Block, blocks, core, groups, near
from citycam.policy.proposal import Proposal
from citycam.policy.tests.proposals import proposal

LIMITS: dict[str, Any] = {"days": 365, "metres": 500.0, "title": 85.0}
OTHER_TITLE = "Giám sát trường mầm non Hoa Hồng"


def at(latitude: float, longitude: float = 105.82) -> tuple[dict[str, float], ...]:
    return ({"latitude": latitude, "longitude": longitude},)


def kin(of: Sequence[Proposal], **limits: Any) -> list[tuple[int, int]]:
    found = {
        tuple(sorted(block.members[list(pair)].tolist()))
        for block in blocks(of, **limits)
        for pair in zip(*np.nonzero(block.kin), strict=True)
    }
    return sorted(found)


def test_the_core_of_a_title_is_what_stays_when_it_is_cut_up() -> None:
    titles = [
        "Lắp camera đường Đội Cấn - giai đoạn 1",
        "LẮP CAMERA ĐƯỜNG ĐỘI CẤN (gói thầu II)",
        "lap camera doi can, duong",
    ]
    assert [core(title) for title in titles] == ["lap camera duong doi can"] * 2 + ["lap camera doi can duong"]


@pytest.mark.parametrize(
    ("facts", "related"),
    [
        ({}, True),
        ({"title": OTHER_TITLE}, True),
        ({"supplier": "Công ty Khác"}, True),
        ({"agency": "Công an phường Ngọc Hà"}, True),
        ({"title": OTHER_TITLE, "supplier": None}, False),
        ({"title": OTHER_TITLE, "agency": "Công an phường Ngọc Hà"}, False),
        ({"ward": "Phường Hà Đông"}, False),
        ({"ward": "P. Đội Cấn"}, True),
        ({"agency": "Ủy ban nhân dân P. Ngọc Hà", "title": OTHER_TITLE, "supplier": "CTY TNHH Ánh Sáng"}, True),
        ({"site": "Hoàng Hoa Thám"}, False),
        ({"site": None}, True),
        ({"ward": None}, False),
        ({"submitted": date(2025, 10, 1)}, True),
        ({"submitted": date(2025, 9, 30)}, False),
    ],
)
def test_place_and_time_and_two_of_owner_supplier_and_title(facts: dict[str, Any], related: bool) -> None:
    pair = [proposal("P-1"), proposal("P-2", **facts)]
    assert kin(pair, **LIMITS) == ([(0, 1)] if related else [])


def test_any_time_when_no_days_are_given() -> None:
    pair = [proposal("P-1"), proposal("P-2", submitted=date(2019, 1, 1))]
    assert kin(pair, **{**LIMITS, "days": None}) == [(0, 1)]


@pytest.mark.parametrize(("north", "related"), [(0.0044, True), (0.0046, False)])
def test_positions_count_more_than_names_of_places(north: float, related: bool) -> None:
    other = proposal("P-2", views=at(21.03 + north), ward="Phường Hà Đông")
    found = near([proposal("P-1", views=at(21.03)), other], 500)
    assert found.tolist() == [[True, related], [related, True]]


def test_any_two_cameras_of_two_proposals_count() -> None:
    members = [
        proposal("P-1", views=(*at(21.03), *at(21.05))),
        proposal("P-2", ward="Phường Hà Đông"),
        proposal("P-3", views=(*at(21.1), *at(21.051), *at(21.2))),
        proposal("P-4", views=at(21.2)),
    ]
    assert near(members, 500)[:, 2].tolist() == [True, False, True, True]
    assert near(members, 500)[:, 0].tolist() == [True, False, True, False]


def test_a_project_and_its_extension_are_no_kin() -> None:
    assert kin([proposal("P-1"), proposal("P-2", extends="P-1")], **LIMITS) == []


def test_kin_of_kin_are_one_group() -> None:
    links = np.zeros((4, 4), bool)
    links[0, 1] = links[1, 0] = links[1, 3] = links[3, 1] = True
    one, other = Block(np.array([5, 0, 7, 3]), links), Block(np.array([2, 3]), np.array([[False, True], [True, False]]))
    assert groups([one, other]) == [[0, 2, 3, 5]]
    assert groups([]) == []


SOME = st.lists(
    st.builds(
        lambda owner, supplier, title, place: proposal(
            "P", agency=owner, supplier=supplier, title=title, views=at(21.0 + place / 400)
        ),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["S", "T", None]),
        st.sampled_from(["Camera chợ", "Camera chợ 2", OTHER_TITLE]),
        st.integers(0, 3),
    ),
    max_size=6,
)


@given(SOME, st.randoms(use_true_random=False))
def test_kinship_does_not_depend_on_the_order(some: list[Proposal], chance: Any) -> None:
    numbered = [one.model_copy(update={"id": f"P-{n}"}) for n, one in enumerate(some)]
    shuffled = chance.sample(numbered, len(numbered))

    def pairs(of: list[Proposal]) -> set[frozenset[str]]:
        return {frozenset((of[a].id, of[b].id)) for a, b in kin(of, **LIMITS)}

    assert pairs(numbered) == pairs(shuffled)
