import random
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.identity import CROWD, Same, Sighting, crowds, duplicates, face, judge
from citycam.inventory.record import Source

NOW = datetime(2026, 9, 1, tzinfo=UTC)
BASE: dict[str, Any] = {
    "agency": "A",
    "site": "Ngã tư Láng",
    "latitude": 21.01,
    "longitude": 105.81,
    "model": "M1",
    "kind": "fixed",
    "azimuth_deg": 90.0,
    "address": "192.168.1.10",
    "path": "/live",
}
ONVIF = "urn:uuid:6f6a3c1e-2f5b-11ef-9d3b-02005e102030"


def sighting(row: int, file: int | None = None, **changes: Any) -> Sighting:
    """A camera as file `file` (its own, without one) tells of it in `row`; None takes a fact away."""
    facts = {name: value for name, value in (BASE | changes).items() if value is not None}
    digest = f"sha256:{row if file is None else file:064x}"
    source = Source(
        digest=digest, file=f"{file}.xlsx", sheet="S", row=row, submitter=f"agency {file or row}", received=NOW
    )
    return Sighting(facts, source)


def same(one: Sighting, other: Sighting) -> Same:
    answers = {judge(a, b, face(a.facts), face(b.facts)) for a, b in permutations((one, other))}
    assert len(answers) == 1, "the answer depends on who is asked first"
    return answers.pop()[0]


MAC, OTHER_MAC = "02:00:5e:10:20:30", "02:00:5e:77:88:99"
FAR: dict[str, Any] = {"latitude": 21.05, "longitude": 105.85}
BESIDE: dict[str, Any] = {"latitude": 21.01005}


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ({"serial": "AB-12 3"}, {"serial": "ab123", **BESIDE}, Same.YES),
        ({"serial": "AB123", "mac": MAC}, {"serial": None, "mac": MAC, "address": "10.9.9.9"}, Same.YES),
        ({"onvif_endpoint": ONVIF}, {"onvif_endpoint": ONVIF.upper()}, Same.YES),
        ({"serial": "AB12034X", "mac": MAC}, {"serial": "AB12043X", "mac": MAC}, Same.YES),
        ({"serial": "A10B5"}, {"serial": "AIOBS", **BESIDE}, Same.YES),
        ({}, BESIDE, Same.YES),
        ({"path": None}, {"path": None, "address": None, **BESIDE}, Same.YES),
        ({"serial": "AB123"}, {"serial": "AB123", **FAR}, Same.ASK),
        ({"serial": "AB123", "mac": MAC}, {"serial": "ZZ999", "mac": MAC}, Same.ASK),
        ({"azimuth_deg": None, "address": None}, {"address": None, **BESIDE}, Same.ASK),
        ({"serial": "A10B5"}, {"serial": "AIOBS", "latitude": None}, Same.ASK),
        ({"serial": "AB123"}, {"serial": "AB124", **BESIDE}, Same.NO),
        ({"mac": MAC}, {"mac": OTHER_MAC}, Same.NO),
        ({}, FAR, Same.NO),
        ({"serial": "AB123", **FAR}, {"serial": "CD456"}, Same.NO),
        ({}, {"azimuth_deg": 180.0, **BESIDE}, Same.NO),
        ({}, {"model": "M2", **BESIDE}, Same.NO),
        ({}, {"address": "192.168.1.11", **BESIDE}, Same.NO),
        (
            {"onvif_endpoint": "http://192.168.1.10/onvif"},
            {"onvif_endpoint": "http://192.168.1.10/onvif", **FAR},
            Same.NO,
        ),
    ],
)
def test_who_is_who(one: dict[str, Any], other: dict[str, Any], answer: Same) -> None:
    assert same(sighting(1, **one), sighting(2, **other)) is answer


def test_one_address_in_two_networks_is_nobody() -> None:
    assert same(sighting(1), sighting(2, **FAR)) is Same.NO


def test_channels_of_a_recorder_are_cameras_of_their_own() -> None:
    channel: list[dict[str, Any]] = [{"recorder": {"serial": "NVR1", "channel": n}, "serial": "NVR1"} for n in (1, 2)]
    assert same(sighting(1, **channel[0]), sighting(2, **channel[1])) is Same.NO
    assert same(sighting(1, **channel[0]), sighting(2, **channel[0], address="10.0.0.1")) is Same.YES
    assert same(sighting(1, 1, serial="NVR1", path="/1"), sighting(2, 1, serial="NVR1", path="/2")) is Same.NO


def test_two_rows_of_one_list_at_one_place_are_two_cameras() -> None:
    assert same(sighting(1, 1, path=None), sighting(2, 1, path=None)) is Same.NO
    assert same(sighting(1, 1, address=None, path=None), sighting(2, 1, address=None, path=None)) is Same.NO


identities = st.fixed_dictionaries(
    {
        "serial": st.sampled_from([None, "AB123", "AB132", "AB124", "A8123"]),
        "mac": st.sampled_from([None, MAC, OTHER_MAC]),
        "onvif_endpoint": st.sampled_from([None, ONVIF]),
        "latitude": st.sampled_from([21.01, 21.0101, 21.02]),
        "azimuth_deg": st.sampled_from([None, 90.0, 100.0, 200.0]),
        "address": st.sampled_from([None, "10.0.0.1", "10.0.0.2"]),
        "path": st.sampled_from([None, "/live"]),
    }
)


@settings(deadline=None)
@given(identities, identities)
def test_judging_is_symmetric_and_everyone_is_like_himself(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = sighting(1, 1, **one), sighting(2, 2, **other)
    same(first, second)
    twin = sighting(9, 9, **one)
    if face(first.facts).strong:
        assert same(first, twin) is Same.YES


@settings(deadline=None, max_examples=60)
@given(st.lists(identities, max_size=7), st.randoms(use_true_random=False))
def test_blocks_find_what_comparing_all_pairs_finds_in_any_order(
    facts: list[dict[str, Any]], chance: random.Random
) -> None:
    made = [sighting(row, row, **one) for row, one in enumerate(facts, 1)]
    wanted = {
        frozenset((one.key, other.key))
        for one in made
        for other in made
        if one.key < other.key and judge(one, other, face(one.facts), face(other.facts))[0] is not Same.NO
    }
    shuffled = list(made)
    chance.shuffle(shuffled)
    found = [
        [(shuffled_or[it.one].key, shuffled_or[it.other].key, it.same, it.reason) for it in duplicates(shuffled_or)]
        for shuffled_or in (made, shuffled)
    ]
    assert found[0] == found[1]
    assert {frozenset(pair[:2]) for pair in found[0]} == wanted


def test_what_a_crowd_shares_identifies_nothing_and_is_told() -> None:
    many = [sighting(row, 1, serial="00000001", latitude=20.9 + row / 1000) for row in range(1, CROWD + 2)]
    assert duplicates(many) == []
    assert crowds(many) == [("serial number 00000001", CROWD + 1)]
