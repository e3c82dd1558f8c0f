"""What only several proposals together show."""

from __future__ import annotations

import random
from datetime import date

import pytest

from citycam.policy.docket import decide
from citycam.policy.moratorium import Decision, Past, Ruling, load_moratorium
from citycam.policy.proposal import Proposal
from citycam.policy.tests.proposals import DAY, elsewhere, proposal, specialised, tendered

M = load_moratorium()


def rulings(*proposals: Proposal, past: tuple[Past, ...] = ()) -> dict[str, tuple[Ruling, str]]:
    return {one.proposal.id: (one.ruling, one.reasons[0].rule) for one in decide(proposals, M, DAY, past)}


def other_document(number: int) -> dict[str, str]:
    return {"document": f"{number}/QĐ-UBND"}


def test_one_exempt_project_stays_exempt_beside_strangers() -> None:
    found = rulings(specialised("P-1"), specialised(**elsewhere("P-2"), exemption=other_document(2)))
    assert found == dict.fromkeys(("P-1", "P-2"), (Ruling.SPECIALISED, "specialised"))


def test_one_project_in_small_pieces_is_seen() -> None:
    pieces = [
        specialised(f"P-{n}", title=f"Camera chợ Ngọc Hà gói {n}", cameras=4, exemption=other_document(n))
        for n in (1, 2, 3)
    ]
    decisions = decide(pieces, M, DAY)
    assert {one.ruling for one in decisions} == {Ruling.NEEDS_REVIEW}
    assert [one.reasons[0].rule for one in decisions] == ["split"] * 3
    assert decisions[0].reasons[0].others == ("P-2", "P-3")
    assert decisions[0].reasons[0].seen == "3 proposals, 12 cameras together"
    assert decisions[0].reasons[1].rule == "specialised", "what it would have been stays visible"


def test_of_many_pieces_the_first_are_named() -> None:
    pieces = [specialised(f"P-{n:03d}", exemption=other_document(n)) for n in range(1, 31)]
    reason = decide(pieces, M, DAY)[0].reasons[0]
    assert reason.seen == "30 proposals, 360 cameras together"
    assert reason.others == tuple(f"P-{n:03d}" for n in range(2, 22))


def test_pieces_by_two_owners_for_one_supplier_are_seen() -> None:
    found = rulings(specialised("P-1"), specialised("P-2", agency="Công an phường", exemption=other_document(2)))
    assert {rule for _, rule in found.values()} == {"split"}


def test_repairs_that_add_up_are_seen() -> None:
    found = rulings(*(proposal(f"P-{n}", work="repair", cameras=1, replaces=(f"cam-{n}",)) for n in (1, 2)))
    assert set(found.values()) == {(Ruling.NEEDS_REVIEW, "split")}


def test_pieces_apart_in_time_are_not_one_project() -> None:
    found = rulings(specialised("P-1"), specialised("P-2", submitted=date(2025, 9, 5), exemption=other_document(2)))
    assert {ruling for ruling, _ in found.values()} == {Ruling.SPECIALISED}


def test_pieces_of_earlier_batches_count() -> None:
    before = Past(specialised("P-1"), Ruling.SPECIALISED)
    assert rulings(specialised("P-2", exemption=other_document(2)), past=(before,))["P-2"][1] == "split"


def test_parts_that_one_document_covers_are_no_split() -> None:
    parts = [specialised(f"P-{n}", cameras=6, exemption={"covers": 12}) for n in (1, 2)]
    assert {ruling for ruling, _ in rulings(*parts).values()} == {Ruling.SPECIALISED}


@pytest.mark.parametrize("covers", [23, None])
def test_a_document_is_not_good_for_more_than_it_covers(covers: int | None) -> None:
    shared = specialised("P-1", exemption={"covers": covers}), specialised(**elsewhere("P-2"))
    found = rulings(*shared)
    assert set(found.values()) == {(Ruling.NEEDS_REVIEW, "document-shared")}


def test_a_contract_is_not_good_for_two_projects() -> None:
    second = tendered(**elsewhere("P-2"), exemption={"document": "78/QĐ-BQLDA"}, tender={"contract": "hđ 12/2025"})
    found = rulings(tendered("P-1"), second)
    assert set(found.values()) == {(Ruling.NEEDS_REVIEW, "document-shared")}


def test_a_refused_proposal_does_not_drag_down_its_neighbour() -> None:
    found = rulings(specialised("P-1"), proposal("P-2"))
    assert found == {"P-1": (Ruling.SPECIALISED, "specialised"), "P-2": (Ruling.REFUSED, "frozen")}


REFUSED = Past(proposal("P-0", submitted=date(2026, 1, 1)), Ruling.REFUSED)


def test_a_refused_proposal_under_another_name_is_seen() -> None:
    found = decide([specialised("P-1", title="Hệ thống chuyên dùng số 5")], M, DAY, [REFUSED])
    assert found[0].ruling is Ruling.NEEDS_REVIEW
    assert (found[0].reasons[0].rule, found[0].reasons[0].others) == ("renamed", ("P-0",))
    assert found[0].reasons[0].seen == "P-0 was refused"


def test_a_refused_proposal_that_comes_again_stays_refused_and_names_the_first() -> None:
    (found,) = decide([proposal("P-1")], M, DAY, [REFUSED])
    assert found.ruling is Ruling.REFUSED
    assert [reason.rule for reason in found.reasons] == ["frozen", "renamed"]


def test_within_one_batch_the_earlier_one_counts() -> None:
    assert rulings(proposal("P-0", submitted=date(2026, 1, 1)), specialised("P-1"))["P-1"][1] == "renamed"


def test_who_says_what_it_was_before_is_believed() -> None:
    stranger = specialised(**elsewhere("P-2"), formerly="P-0")
    assert rulings(stranger, past=(REFUSED,))["P-2"] == (Ruling.NEEDS_REVIEW, "renamed")
    assert rulings(specialised(**elsewhere("P-3"), formerly="P-7"))["P-3"][0] is Ruling.SPECIALISED


def test_smart_traffic_does_not_get_out_by_leaving_the_programme() -> None:
    before = Past(proposal("P-1", programme="smart-traffic"), Ruling.SUSPENDED)
    assert rulings(specialised("P-1"), past=(before,))["P-1"] == (Ruling.NEEDS_REVIEW, "renamed")


def test_a_refused_proposal_may_come_again_with_its_document() -> None:
    before = Past(specialised("P-1", exemption={"document": None}), Ruling.REFUSED)
    assert rulings(specialised("P-1"), past=(before,))["P-1"] == (Ruling.SPECIALISED, "specialised")


def test_an_extension_is_no_split_of_its_project() -> None:
    found = rulings(tendered("P-0"), specialised("P-1", extends="P-0", work="extension"))
    assert found["P-0"] == (Ruling.TENDERED, "tendered")
    assert found["P-1"] == (Ruling.SPECIALISED, "specialised")


def test_an_extension_on_file_only_in_the_log_is_known() -> None:
    found = rulings(tendered("P-1", extends="P-0"), past=(Past(tendered("P-0"), Ruling.TENDERED),))
    assert found["P-1"] == (Ruling.REFUSED, "extension")


def test_outside_the_freeze_nothing_is_held_against_anybody() -> None:
    decisions = decide([proposal("P-1"), proposal("P-2")], M, date(2025, 9, 2))
    assert [(one.ruling, len(one.reasons)) for one in decisions] == [(Ruling.NOT_FROZEN, 1)] * 2


def test_two_proposals_with_one_id_are_an_error() -> None:
    with pytest.raises(ValueError, match="one id"):
        decide([proposal(), proposal()], M, DAY)


def test_decisions_do_not_depend_on_the_order() -> None:
    batch = [
        proposal("P-1"),
        specialised("P-2", exemption=other_document(2)),
        specialised("P-3", exemption=other_document(3)),
        proposal("P-4", submitted=date(2026, 1, 1)),
        specialised(**elsewhere("P-5"), exemption=other_document(3)),
        tendered(**elsewhere("P-6"), extends="P-5"),
        proposal("P-7", programme="smart-traffic"),
    ]

    def by_id(decisions: list[Decision]) -> dict[str, Decision]:
        return {one.proposal.id: one for one in decisions}

    expected = by_id(decide(batch, M, DAY, [REFUSED]))
    for seed in range(5):
        shuffled = random.Random(seed).sample(batch, len(batch))
        assert by_id(decide(shuffled, M, DAY, [REFUSED])) == expected
