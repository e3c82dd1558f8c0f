from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from simulators.fleet.figures import Lateness, exposition
from simulators.fleet.listener import shard_of
from simulators.fleet.shards import narrowed, partition, sum_counts, sum_expositions, sum_status
from simulators.fleet.tests.test_figures import Camera

lateness = st.lists(st.tuples(st.integers(0, 2 * 10**9), st.integers(1, 50)), max_size=20)


def _lateness(adds: list[tuple[int, int]]) -> Lateness:
    found = Lateness()
    for nanoseconds, frames in adds:
        found.add(nanoseconds, frames)
    return found


def test_every_camera_goes_to_the_shard_of_its_address_and_a_recorder_stays_whole() -> None:
    devices = [{"id": f"cam-{number:06d}", "address": f"127.18.0.{number // 2 + 1}"} for number in range(40)]
    parts = partition({"devices": devices, "dialects": {"m": {}}}, 3)
    assert sorted(device["id"] for part in parts for device in part["devices"]) == [device["id"] for device in devices]
    for shard, part in enumerate(parts):
        assert part["dialects"] == {"m": {}}
        assert {shard_of(device["address"], 3) for device in part["devices"]} == {shard}


def test_a_fault_is_narrowed_to_the_cameras_of_a_shard() -> None:
    fault = {"kind": "reboot", "cameras": ["cam-000002", "cam-000001"], "seconds": 3}
    assert narrowed(fault, {"cam-000001", "cam-000009"}) == {**fault, "cameras": ["cam-000001"]}
    assert narrowed(fault, {"cam-000009"}) is None


@given(st.lists(lateness, min_size=1, max_size=3))
def test_percentiles_of_the_whole_are_those_of_all_frames_together(shards: list[list[tuple[int, int]]]) -> None:
    records = [_lateness(adds).record() for adds in shards]
    together = _lateness([add for adds in shards for add in adds]).summary()
    for order in permutations(records):
        assert sum_status([{"cameras": 1}] * len(records), order)["lateness_ms"] == together


def test_figures_of_a_status_add_up() -> None:
    def status(number: int) -> dict[str, Any]:
        return {
            "cameras": number,
            "cpu_seconds": number / 2,
            "playing_cameras": [f"cam-{4 - number:06d}"],
            "lateness_ms": {"p50": 9.0},
            "faults": {"reboot": number},
            "ledger": "x",
        }

    assert sum_status([status(1), status(2)], [Lateness().record()]) == {
        "cameras": 3,
        "cpu_seconds": 1.5,
        "playing_cameras": ["cam-000002", "cam-000003"],
        "lateness_ms": {"p50": 0.0, "p99": 0.0, "max": 0.0},
        "faults": {"reboot": 3},
        "ledger": "x",
    }
    assert sum_counts([{"added": 2, "removed": 0}, {"added": 1, "removed": 4}]) == {"added": 3, "removed": 4}


@given(st.lists(lateness, min_size=1, max_size=3))
def test_metrics_of_shards_add_up_for_prometheus(shards: list[list[tuple[int, int]]]) -> None:
    texts = [
        exposition([Camera(f"cam-{number:06d}", sent=number, playing=True)], _lateness(adds), 1, 100.5 + number)
        for number, adds in enumerate(shards, 1)
    ]
    total = sum_expositions(texts)
    found = {
        (sample.name, sample.labels.get("camera", sample.labels.get("le"))): sample.value
        for family in text_string_to_metric_families(total)
        for sample in family.samples
    }
    count = len(shards)
    assert found["citycam_fleet_cameras", None] == found["citycam_fleet_sessions", None] == count
    assert found["citycam_fleet_frames_sent_total", f"cam-{count:06d}"] == count
    assert found["process_start_time_seconds", None] == 101.5
    frames = [add for adds in shards for add in adds]
    assert found["citycam_fleet_send_lateness_seconds_count", None] == sum(many for _, many in frames)
    assert found["citycam_fleet_send_lateness_seconds_bucket", "0.01"] == sum(
        many for late, many in frames if late < 10_000_000
    )
