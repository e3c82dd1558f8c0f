from __future__ import annotations

import random
from typing import Any

import pytest

from citycam.inventory.record import CameraRecord, Source
from citycam.inventory.survey.compare import compare
from citycam.inventory.survey.scope import scope_of
from citycam.inventory.survey.tests.visits import AT, empty, record, stream, visit
from citycam.inventory.survey.visit import Visit

SCOPE = scope_of(["10.0.0.0/24"])
MAC = "02:00:5e:00:00:01"


def test_a_camera_is_found_where_it_should_be() -> None:
    found = compare([visit("10.0.0.1", stream(), serial="A1")], [record(1, serial="a-1", address="10.0.0.1")], SCOPE)
    assert found.found == {"cam-000001": "10.0.0.1"}
    assert not any((found.moved, found.absent, found.unknown, found.differences, found.replaced))


@pytest.mark.parametrize("who", [{"serial": "A1"}, {"mac": MAC}])
def test_a_moved_camera_is_found_by_who_it_is(who: dict[str, str]) -> None:
    visits = [empty("10.0.0.1"), visit("10.0.0.9", stream(), **who)]
    found = compare(visits, [record(1, address="10.0.0.1", **who)], SCOPE)
    assert found.moved == {"cam-000001": ("10.0.0.1", "10.0.0.9")}
    assert [(one.field, one.declared, one.found) for one in found.differences] == [("address", "10.0.0.1", "10.0.0.9")]
    assert not found.absent
    assert not found.unknown


def test_two_cameras_that_changed_places_have_both_moved() -> None:
    visits = [visit("10.0.0.1", stream(), serial="B"), visit("10.0.0.2", stream(), serial="A")]
    records = [record(1, serial="A", address="10.0.0.1"), record(2, serial="B", address="10.0.0.2")]
    found = compare(visits, records, SCOPE)
    assert {name: new for name, (_, new) in found.moved.items()} == {"cam-000001": "10.0.0.2", "cam-000002": "10.0.0.1"}
    assert not found.replaced


def test_another_device_at_its_address_is_not_the_camera() -> None:
    found = compare([visit("10.0.0.1", stream(), serial="B")], [record(1, serial="A", address="10.0.0.1")], SCOPE)
    assert found.replaced == {"cam-000001": "10.0.0.1"}
    assert [one["serial"] for one in found.unknown] == ["B"]
    assert not found.found
    assert not found.absent


def test_a_camera_that_does_not_say_who_it_is_is_known_by_its_place() -> None:
    found = compare([visit("10.0.0.1", stream("/a"))], [record(1, serial="A", address="10.0.0.1", path="/a/")], SCOPE)
    assert found.found == {"cam-000001": "10.0.0.1"}
    assert not found.differences


def test_nobody_there_is_absent_and_not_visited_is_not() -> None:
    records = [record(1, address="10.0.0.1"), record(2, address="10.0.0.2"), record(3, address="10.9.0.1"), record(4)]
    planned = record(5, address="10.0.0.1", state="planned")
    found = compare([empty("10.0.0.1")], [*records, planned], SCOPE)
    assert found.absent == ("cam-000001",)
    assert found.outside == ("cam-000003", "cam-000004")


def test_channels_of_a_recorder_are_cameras() -> None:
    streams = [stream(f"/{number}", number, codec="h264") for number in (1, 2, 3)]
    declared = [record(number, recorder={"serial": "N1", "channel": number}, address="10.0.0.5") for number in (1, 2)]
    found = compare([visit("10.0.0.5", *streams, serial="N1", mac=MAC)], declared, SCOPE)
    assert found.found == {"cam-000001": "10.0.0.5", "cam-000002": "10.0.0.5"}
    assert [one["recorder"] for one in found.unknown] == [{"serial": "N1", "channel": 3}]
    assert not found.differences


def test_a_recorder_that_shows_one_channel_is_still_that_recorder() -> None:
    declared = record(1, recorder={"serial": "N1", "channel": 1}, address="10.0.0.5")
    assert compare([visit("10.0.0.6", stream(), serial="N1")], [declared], SCOPE).moved


@pytest.mark.parametrize(
    ("field", "declared", "found", "differs"),
    [
        ("codec", "h264", "h265", True),
        ("codec", "h264", "h264", False),
        ("fps", 25, 24.0, False),
        ("fps", 25, 12.5, True),
        ("fps", 5, 5.9, False),
        ("bitrate", 1_000_000, 1_290_000, False),
        ("bitrate", 1_000_000, 1_310_000, True),
        ("bitrate", 1_000_000, 600_000, True),
        ("firmware", "5.5.82", "V5.5.82 build 190909", False),
        ("firmware", "5.5.8", "V5.5.82 build 190909", True),
        ("firmware", "V5.5.82", "V5.5.83 build 190909", True),
        ("vendor", "AXIS", "Axis Communications", False),
        ("vendor", "Sony", "Axis", True),
        ("model", "M3045", "M3045-V", False),
        ("mac", MAC, "02:00:5e:00:00:02", True),
        ("onvif_profiles", ["S", "T"], ["T", "S"], False),
        ("onvif_profiles", ["S", "T"], ["S"], True),
        ("auth", ["digest"], ["basic", "digest"], False),
        ("auth", ["digest"], ["basic"], True),
        ("audio", False, True, True),
        ("clock_error_s", 0.0, 1.9, False),
        ("clock_error_s", 0.0, 25_200.0, True),
    ],
)
def test_a_difference_is_one_beyond_tolerance(field: str, declared: Any, found: Any, differs: bool) -> None:
    seen = {"serial": "A", "address": "10.0.0.1"}
    comparison = compare(
        [visit("10.0.0.1", stream(), serial="A", **{field: found})], [record(1, **seen, **{field: declared})], SCOPE
    )
    assert comparison.found
    assert [one.field for one in comparison.differences] == [field] * differs


def test_a_size_differs_in_the_part_that_does() -> None:
    declared = record(1, serial="A", width=704, height=576)
    (one,) = compare([visit("10.0.0.1", stream(width=704, height=480), serial="A")], [declared], SCOPE).differences
    assert (one.field, one.declared, one.found) == ("height", 576, 480)


def test_a_difference_names_both_sources() -> None:
    source = Source(digest=f"sha256:{'0' * 64}", file="a.xlsx", sheet="Sheet1", row=7, submitter="UBND", received=AT)
    declared = record(1, serial="A", codec="h264", sources=[source])
    (one,) = compare([visit("10.0.0.1", stream(codec="h265"), serial="A")], [declared], SCOPE).differences
    assert one.declared_by == "a.xlsx, Sheet1, row 7 (UBND)"
    assert (one.probe, one.at) == ("onvif", AT.isoformat())


def test_a_stream_that_was_not_received_says_why() -> None:
    told = visit("10.0.0.1", stream(trouble="DESCRIBE is answered 401"), serial="A")
    found = compare([told], [record(1, serial="A", address="10.0.0.1")], SCOPE)
    assert found.unread == {"cam-000001": "DESCRIBE is answered 401"}


def test_the_order_of_visits_and_records_does_not_matter() -> None:
    visits: list[Visit] = [visit(f"10.0.0.{number}", stream(), serial=f"S{number}") for number in range(1, 20)]
    visits += [empty(f"10.0.0.{number}") for number in range(20, 30)]
    records: list[CameraRecord] = [
        record(number, serial=f"S{number + 2}", address=f"10.0.0.{number}") for number in range(1, 25)
    ]
    wanted = compare(visits, records, SCOPE).as_dict()
    chance = random.Random(1)
    for _ in range(5):
        chance.shuffle(visits)
        chance.shuffle(records)
        assert compare(visits, records, SCOPE).as_dict() == wanted
