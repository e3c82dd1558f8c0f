from __future__ import annotations

from ipaddress import IPv4Address

from citycam.inventory.survey.scope import scope_of
from citycam.inventory.survey.tests.visits import record
from citycam.survey.surveyor import itinerary


def test_devices_with_many_cameras_come_first_then_who_answered_then_who_is_known() -> None:
    recorder = [
        record(number, address="10.0.0.5", path=f"/{number}", recorder={"serial": "N", "channel": number})
        for number in (1, 2, 3)
    ]
    records = [*recorder, record(4, address="10.0.0.6"), record(5, address="10.9.0.1"), record(6)]
    tour = itinerary(scope_of(["10.0.0.0/29"]), records, [IPv4Address("10.0.0.4")])
    assert [int(address) & 0xFF for address, _ in tour] == [5, 6, 4, 1, 2, 3]
    assert [len(there) for _, there in tour] == [3, 1, 0, 0, 0, 0]


def test_cameras_that_should_not_be_there_are_not_looked_for() -> None:
    (first, *_) = itinerary(scope_of(["10.0.0.1/32"]), [record(1, address="10.0.0.1", state="removed")])
    assert first == (IPv4Address("10.0.0.1"), ())
