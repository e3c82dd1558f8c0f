"""A camera goes away and returns while its gateway records others."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from citycam.model.camera import Camera
from integration_tests.waiting import wait_for

from .disk import OnDisk, on_disk
from .stand import SECOND, Findings, Stand, standing

pytestmark = pytest.mark.docker

MICROSECOND = 1000
"""What a float of seconds since 1970 can tell apart, in ns."""

Told = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Outage:
    """The second of four cameras was away. `during`: what the exporter and the disk said of it then."""

    stand: Stand
    told_during: Told
    disk_during: OnDisk
    found: Findings

    @property
    def lost(self) -> Camera:
        return self.stand.cameras[1]

    @property
    def others(self) -> list[Camera]:
        return [camera for camera in self.stand.cameras if camera != self.lost]


def told_of(stand: Stand, cameras: list[Camera], time_ns: int) -> Told:
    """What the exporter says once it has seen a frame of each of these that was sent after a time."""

    def newest(told: Told) -> float:
        return min(told[camera.id].get("newest_frame_timestamp_seconds", 0.0) for camera in cameras)

    return wait_for(stand.exporter.scrape, lambda told: newest(told) > time_ns / SECOND, "newer frames on disk")


@pytest.fixture(scope="module")
def outage(folder: Path) -> Iterator[Outage]:
    with standing(folder, cameras=4, recorded=slice(0, 4)) as stand:
        lost = stand.cameras[1]
        others = [camera for camera in stand.cameras if camera != lost]
        stand.begin(stand.cameras)
        told_of(stand, stand.cameras, stand.start_ns)
        stand.fleet.set_cameras(others)
        told = told_of(stand, others, time.time_ns() + 3 * SECOND)
        disk = on_disk(stand.site.segments(lost))
        stand.fleet.set_cameras(stand.cameras)
        wait_for(stand.playing, lambda ids: lost.id in ids, "camera that is pulled again")
        stand.site.on_disk_since(time.time_ns(), stand.cameras)
        stand.pass_time(2)
        yield Outage(stand, told, disk, stand.judge(stand.cameras))


def test_the_other_cameras_lose_and_double_no_frame(outage: Outage) -> None:
    for camera in outage.others:
        row = outage.found.camera(camera)
        assert row["frames_sent"] == row["recorded_once"] > 80, row
        assert (row["missing"], row["duplicated"], row["damaged"], row["gaps"]) == (0, 0, 0, 0), row
        assert outage.found.problems(camera) == []


def test_the_other_cameras_keep_their_session(outage: Outage) -> None:
    for camera in outage.others:
        assert [line["kind"] for line in outage.found.sessions(camera)] == ["play"]


def test_the_camera_that_returned_is_recorded_again_from_its_first_frame_on(outage: Outage) -> None:
    first, stop, again = outage.found.sessions(outage.lost)
    assert (first["kind"], stop["kind"], again["kind"]) == ("play", "stop", "play")
    assert stop["cause"] == "removed"
    (gap,) = outage.found.gaps(outage.lost)
    assert gap["cause"] == "removed"
    assert gap["last_frame"] == again["frame"] - 1
    row = outage.found.camera(outage.lost)
    assert row["recorded_once"] == row["frames_sent"] - row["missing"]
    assert row["missing"] == row["missing_explained"] <= 2, row  # what was under way when it went
    assert row["unexplained_gaps"] == row["duplicated"] == row["damaged"] == 0, row


def test_meanwhile_the_exporter_said_that_its_newest_frame_stood_still(outage: Outage) -> None:
    told = outage.told_during[outage.lost.id]
    assert abs(told["newest_frame_timestamp_seconds"] * SECOND - outage.disk_during.newest_ns) < MICROSECOND
    assert told["frames_total"] == outage.disk_during.frames
    assert (told["gaps_total"], told["expected"]) == (0, 1)


def test_the_exporter_says_of_every_camera_what_is_on_disk(outage: Outage) -> None:
    disk = {camera.id: on_disk(outage.stand.site.segments(camera)) for camera in outage.stand.cameras}
    before = time.time_ns()
    told = wait_for(
        outage.stand.exporter.scrape,
        lambda told: all(told[id]["frames_total"] == one.frames for id, one in disk.items()),
        f"exporter that has read the last part; on disk: {disk}",
    )
    after = time.time_ns()
    for id, one in disk.items():
        assert told[id]["bytes_total"] == one.bytes
        assert abs(told[id]["newest_frame_timestamp_seconds"] * SECOND - one.newest_ns) < MICROSECOND
        assert told[id]["gaps_total"] == one.gaps == (1 if id == outage.lost.id else 0)
        age = told[id]["segment_age_seconds"]
        assert before - one.newest_file_ns - MICROSECOND <= age * SECOND <= after - one.newest_file_ns + MICROSECOND
