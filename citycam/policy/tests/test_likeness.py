from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.policy.likeness import core, groups, kin, near
from citycam.policy.proposal import Proposal
from citycam.policy.tests.proposals import proposal

LIMITS: dict[str, Any] = {"days": 365, "metres": 500.0, "title": 85.0}
OTHER_TITLE = "Giám sát trường mầm non Hoa Hồng"


def at(latitude: float, longitude: float = 105.82) -> tuple[dict[str, float], ...]:
    return ({"latitude": latitude, "longitude": longitude},)


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
    assert near(proposal("P-1", views=at(21.03)), other, 500) is related


def test_pairs_join_into_groups() -> None:
    assert groups([(0, 3), (3, 5), (1, 2)]) == [[0, 3, 5], [1, 2]]
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
