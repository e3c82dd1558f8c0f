"""Cameras are added to a running gateway and removed from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from citycam.evidence import fmp4
from citycam.model.camera import Camera
from integration_tests.waiting import wait_for

from .stand import SECOND, Findings, Stand, standing

pytestmark = pytest.mark.docker


@dataclass(frozen=True)
class Change:
    """Cameras 1 to 3 stay, 4 is removed, 5 is added; 6 is never recorded."""

    stand: Stand
    found: Findings

    @property
    def kept(self) -> list[Camera]:
        return self.stand.cameras[:3]

    @property
    def removed(self) -> Camera:
        return self.stand.cameras[3]

    @property
    def added(self) -> Camera:
        return self.stand.cameras[4]

    @property
    def strange(self) -> Camera:
        return self.stand.cameras[5]


@pytest.fixture(scope="module")
def change(folder: Path) -> Iterator[Change]:
    with standing(folder, cameras=6, recorded=slice(0, 4)) as stand:
        one, two, three, removed, added, _ = stand.cameras
        kept = [one, two, three]
        stand.begin([*kept, removed])
        stand.site.deliver([*kept, removed, added])
        stand.site.on_disk_since(0, [added])
        stand.site.deliver([*kept, added])
        wait_for(stand.playing, lambda ids: removed.id not in ids, "end of the removed camera's session")
        stand.pass_time(3)
        yield Change(stand, stand.judge([*kept, added]))


def test_cameras_that_stay_lose_and_double_no_frame(change: Change) -> None:
    for camera in change.kept:
        row = change.found.camera(camera)
        assert row["frames_sent"] == row["recorded_once"] > 80, row
        assert (row["missing"], row["duplicated"], row["damaged"], row["gaps"]) == (0, 0, 0, 0), row
        assert change.found.problems(camera) == []


def test_cameras_that_stay_keep_their_session(change: Change) -> None:
    for camera in change.kept:
        kinds = [line["kind"] for line in change.found.sessions(camera)]
        assert kinds == ["play"], change.found.sessions(camera)  # the one that was open when the ledger began


def test_an_added_camera_is_recorded_from_its_first_frame_on(change: Change) -> None:
    (play,) = change.found.sessions(change.added)
    row = change.found.camera(change.added)
    assert row["first_frame"] == play["frame"]
    assert row["frames_sent"] == row["recorded_once"] > 30, row
    assert change.found.problems(change.added) == []


def test_a_removed_camera_is_recorded_to_the_end_of_its_session_and_no_longer(change: Change) -> None:
    _, stop = change.found.sessions(change.removed)
    row = change.found.camera(change.removed)
    assert (stop["kind"], stop["cause"]) == ("stop", "teardown")
    # What was on its way when the gateway hung up is lost with the session.
    assert stop["frame"] - 2 <= row["last_frame"] <= stop["frame"]
    assert row["duplicated"] == row["damaged"] == 0
    assert row["missing"] == row["frames_sent"] - row["recorded_once"] <= 2, row
    assert all(fmp4.is_closed(path) for path in change.stand.site.segments(change.removed))
    stayed = change.stand.site.segments(change.kept[0])[-1].stat().st_mtime_ns
    assert change.stand.site.segments(change.removed)[-1].stat().st_mtime_ns < stayed - 3 * SECOND


def test_the_exporter_follows_the_list_of_cameras(change: Change) -> None:
    told = change.stand.exporter.scrape()
    assert set(told) == {camera.id for camera in [*change.kept, change.added]}
    assert {camera["expected"] for camera in told.values()} == {1}


def test_a_camera_that_was_never_delivered_is_never_asked(change: Change) -> None:
    assert change.found.sessions(change.strange) == []
    assert change.stand.site.segments(change.strange) == []
