"""Lateness and metrics: percentiles, a histogram that Prometheus can read, counters per camera."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from simulators.fleet.figures import Lateness, cpu_seconds, exposition, resident_bytes


@dataclass
class Camera:
    id: str
    sent: int = 0
    dropped: int = 0
    late: int = 0
    playing: bool = False


@given(st.lists(st.integers(-(10**6), 2 * 10**9), min_size=1, max_size=200))
def test_a_percentile_is_at_most_a_bin_above_the_value_it_stands_for(values: list[int]) -> None:
    lateness = Lateness()
    for value in values:
        lateness.add(value, 1)
    found = lateness.summary()
    ranked = sorted(max(0, value) / 1e6 for value in values)
    assert found["max"] == ranked[-1]
    for name, share in (("p50", 0.50), ("p99", 0.99)):
        exact = ranked[-int(-share * len(ranked) // 1) - 1]
        if exact < 1000:
            assert exact <= found[name] <= exact + 0.1 + 1e-9


def test_restart_forgets_the_summary_and_keeps_the_histogram() -> None:
    lateness = Lateness()
    lateness.add(5_000_000, 10)
    lateness.restart()
    assert lateness.summary() == {"p50": 0.0, "p99": 0.0, "max": 0.0}
    assert lateness.total == 10


@given(st.lists(st.tuples(st.integers(0, 3 * 10**9), st.integers(1, 50)), max_size=50))
def test_the_histogram_is_cumulative_and_ends_with_all(adds: list[tuple[int, int]]) -> None:
    lateness = Lateness()
    for value, frames in adds:
        lateness.add(value, frames)
    (family,) = text_string_to_metric_families("\n".join(lateness.lines("x_seconds")) + "\n")
    buckets = {one.labels["le"]: one.value for one in family.samples if one.name == "x_seconds_bucket"}
    counts = list(buckets.values())
    assert counts == sorted(counts)
    total = sum(frames for _, frames in adds)
    assert buckets["+Inf"] == total
    assert buckets["0.01"] == sum(frames for value, frames in adds if value < 10_000_000)
    (count,) = [one.value for one in family.samples if one.name == "x_seconds_count"]
    assert count == total


def test_every_camera_has_its_counters() -> None:
    listed = [Camera("cam-000002", 5, 2, 1, True), Camera("cam-000001")]
    text = exposition(listed, Lateness(), 3, 1.5)
    found = {
        (one.name, one.labels.get("camera")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert found["citycam_fleet_frames_sent_total", "cam-000002"] == 5
    assert found["citycam_fleet_frames_dropped_total", "cam-000002"] == 2
    assert found["citycam_fleet_frames_scheduled_total", "cam-000002"] == 7
    assert found["citycam_fleet_frames_late_total", "cam-000002"] == 1
    assert found["citycam_fleet_playing", "cam-000002"] == 1
    assert found["citycam_fleet_playing", "cam-000001"] == 0
    assert found["citycam_fleet_cameras", None] == 2
    assert found["citycam_fleet_sessions", None] == 3
    assert found["process_start_time_seconds", None] == 1.5


def test_the_process_has_used_time_and_memory() -> None:
    assert cpu_seconds() > 0
    assert 10**6 < resident_bytes() < 10**11
