import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.merge import item_of, merge, number, record_of
from citycam.inventory.record import CameraRecord
from citycam.inventory.tests.test_identity import MAC, ONVIF, identities, sighting


def ids(*groups: Any) -> set[frozenset[int]]:
    return {frozenset(one.source.row for one in camera) for camera in groups}


def test_sightings_of_one_camera_become_one_and_the_reason_stays() -> None:
    found = merge([sighting(1, serial="A1"), sighting(2, serial="a-1"), sighting(3, serial="B2")])
    assert ids(*found.cameras) == {frozenset({1, 2}), frozenset({3})}
    (pair,) = found.merges
    assert pair.reason == "same serial number"


def test_two_that_contradict_are_not_joined_by_a_third() -> None:
    one = sighting(1, serial="AB123")
    other = sighting(2, mac=MAC, serial="ZZ999")
    between = sighting(3, serial="AB123", mac=MAC)
    found = merge([one, other, between])
    assert ids(*found.cameras) == {frozenset({1, 3}), frozenset({2})}
    assert [question.reason for question in found.questions] == ["same MAC address, but another serial number"]


def test_a_person_decides_what_is_asked() -> None:
    made = [sighting(1, serial="AB123"), sighting(2, serial="AB123", latitude=21.05)]
    (question,) = merge(made).questions
    assert ids(*merge(made, {question.item: "same"}).cameras) == {frozenset({1, 2})}
    apart = merge(made, {question.item: "different"})
    assert (ids(*apart.cameras), apart.questions) == ({frozenset({1}), frozenset({2})}, ())


def test_a_merge_can_be_undone_by_a_person() -> None:
    made = [sighting(1, serial="AB123"), sighting(2, serial="AB123")]
    (pair,) = merge(made).merges
    assert len(merge(made, {pair.item: "different"}).cameras) == 2


@settings(deadline=None, max_examples=80)
@given(st.lists(identities, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_submissions_does_not_matter(facts: list[dict[str, Any]], chance: random.Random) -> None:
    made = [sighting(row, **one) for row, one in enumerate(facts, 1)]
    shuffled = list(made)
    chance.shuffle(shuffled)
    assert merge(made) == merge(shuffled)
    records = [
        [record_of(camera, name) for name, camera in number(merge(some).cameras, [])] for some in (made, shuffled)
    ]
    assert records[0] == records[1]


@settings(deadline=None, max_examples=60)
@given(st.lists(identities, max_size=8))
def test_every_sighting_is_in_exactly_one_camera(facts: list[dict[str, Any]]) -> None:
    made = [sighting(row, **one) for row, one in enumerate(facts, 1)]
    rows = [one.source.row for camera in merge(made).cameras for one in camera]
    assert sorted(rows) == list(range(1, len(facts) + 1))


def test_the_fuller_sighting_stands_the_other_fills_in_and_contradicts() -> None:
    first = sighting(1, serial="A1", codec="h264", width=1920, picture_height=None, height=1080)
    second = sighting(2, serial="a1", mac=MAC, width=1280, height=720, kind=None, azimuth_deg=None, site="nga tu lang")
    record = record_of([first, second], "cam-000001")
    assert (record.width, record.height, record.mac) == (1920, 1080, MAC)
    assert record.source_of("mac") == second.source
    assert record.source_of("width") == first.source
    assert [(one.field, one.value, one.source) for one in record.contradictions] == [
        ("width", "1280", 1),
        ("height", "720", 1),
    ]


def test_near_positions_agree_and_far_ones_contradict() -> None:
    near = record_of([sighting(1, serial="A"), sighting(2, serial="A", latitude=21.0101)], "cam-000001")
    far = record_of([sighting(1, serial="A"), sighting(2, serial="A", latitude=21.011)], "cam-000001")
    assert near.contradictions == ()
    assert {one.field for one in far.contradictions} == {"latitude"}


def _numbers(sightings: list[Any], known: list[CameraRecord]) -> dict[int, str]:
    return {one.source.row: name for name, camera in number(merge(sightings).cameras, known) for one in camera}


def test_ids_stay_with_their_cameras_and_are_not_used_again() -> None:
    made = [sighting(row, serial=f"S{row}", mac=f"02:00:5e:00:00:0{row}", latitude=21 + row / 100) for row in (1, 2, 3)]
    before = _numbers(made, [])
    records = [record_of(camera, name) for name, camera in number(merge(made).cameras, [])]
    readdressed = sighting(2, serial=None, mac="02:00:5e:00:00:02", latitude=21.5, address="10.9.9.9")
    new = sighting(4, serial="S0", latitude=21.3)
    after = _numbers([readdressed, made[2], new], records)
    assert (after[2], after[3]) == (before[2], before[3])
    assert after[4] == "cam-000004"


def test_a_camera_without_identity_keeps_its_id_by_place_and_stream() -> None:
    made = [sighting(1, 1)]
    ((name, camera),) = number(merge(made).cameras, [])
    again = sighting(7, 1, model="M2")
    assert [found for found, _ in number(merge([again]).cameras, [record_of(camera, name)])] == [name]


def test_items_name_questions_by_their_facts() -> None:
    assert item_of("a", 1) == item_of("a", 1) != item_of("a", 2)
    endpoint = [sighting(1, onvif_endpoint=ONVIF), sighting(2, onvif_endpoint=ONVIF, latitude=21.05)]
    assert merge(endpoint).questions[0].item == merge(endpoint[::-1]).questions[0].item
