"""Strangers attack some cameras of a fleet while a reader in another process watches them all.

Whatever they do, they are closed or answered, and every frame of the reader is sent. How late frames leave is told with
the test (`lateness_ms`) and decides nothing: other programs of the machine change it as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from citycam.model.camera import Camera
from citycam.model.credentials import camera_password
from integration_tests.waiting import wait_for
from simulators.fleet.bench import draining, free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media
from simulators.profiles.profile import load_profile

from . import hostile
from .hostile import Attack
from .stand import KEY, SMALL, short_footage
from .stranger import Fate, Target

pytestmark = pytest.mark.docker

CAMERAS = 60
ATTACKED = 6
RTSP = load_profile("generic-d1").rtsp
STREAM = SMALL.model_copy(update={"bitrate": 1_000_000})
MOST_GROWTH = 24 * 1024 * 1024
"""Bytes that a fleet may grow by under attack: some KB for each connection that a camera admits, and no more."""


@dataclass
class Arena:
    """A fleet, all cameras of which are watched, and a process for those who attack it."""

    fleet: FleetClient
    root: Path
    cameras: list[Camera]
    attackers: ProcessPoolExecutor
    tell: Callable[[str, object], None]
    name: str

    @property
    def targets(self) -> list[Target]:
        return [
            Target(str(one.address), one.port, one.path, one.username, camera_password(KEY, one.serial))
            for one in self.cameras
        ]

    def attack(self, how: Attack, attacked: int = ATTACKED) -> list[Fate]:
        """Attack the first cameras; fails if the reader of any camera lost a frame or its session meanwhile."""
        with self.watched():
            running: Future[list[Fate]] = self.attackers.submit(how, self.targets[:attacked])
            while not wait([running], 0.2).done:
                connections = self.fleet.status()["connections"]
                assert connections <= CAMERAS * RTSP.max_connections
            return running.result()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Hold the ledger against what the reader must have been sent."""
        ledger = self.root / self.fleet.new_ledger(self.name)
        before = self.fleet.status()
        yield
        # Some attacks take milliseconds, and what they broke may show later.
        later = before["frames_sent"] + 10 * CAMERAS
        after = wait_for(self.fleet.status, lambda status: status["frames_sent"] > later, "frames of the reader")
        wait_for(self.fleet.status, lambda status: status["connections"] == CAMERAS, "fleet with its reader alone")
        self.fleet.flush_ledger()
        lines = [json.loads(line) for line in ledger.read_text().splitlines()]
        self.tell("lateness_ms", after["lateness_ms"])
        self.tell("cpu_seconds", round(after["cpu_seconds"] - before["cpu_seconds"], 2))
        self.tell("grown_bytes", grown := after["rss_bytes"] - before["rss_bytes"])
        assert_undisturbed(lines, self.cameras)
        assert grown < MOST_GROWTH


def assert_undisturbed(lines: list[dict[str, Any]], cameras: list[Camera]) -> None:
    """Every frame of the reader's sessions was sent, from the ledger's first line to its last."""
    first = {line["session"]: line for line in lines if line["kind"] == "play" and line["agent"] == "citycam-drain"}
    assert {line["camera"] for line in first.values()} == {camera.id for camera in cameras}
    disturbed = [line for line in lines if line["kind"] in ("skip", "stop") and line["session"] in first]
    assert not disturbed, disturbed[:5]
    reached = {session: line["frame"] - 1 for session, line in first.items()}
    for line in lines:
        if line["kind"] == "span" and line["session"] in reached:
            assert line["first"] == reached[line["session"]] + 1, line
            reached[line["session"]] = line["last"]
    idle = [line for session, line in first.items() if reached[session] < line["frame"]]
    assert not idle, idle[:5]


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    folder = tmp_path_factory.mktemp("hostile")
    root, port = folder / "root", free_port()
    root.mkdir()
    cameras = [camera.model_copy(update={"stream": STREAM}) for camera in loopback_cameras(CAMERAS, port)]
    prepare_media(cameras, short_footage(folder), folder / "cache", root / "media")
    with (folder / "log").open("wb") as log, running_fleet(root, port, KEY, log) as fleet:
        fleet.set_cameras(cameras)
        pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        with draining(cameras, KEY), pool:
            wait_for(lambda: fleet.status()["playing"], lambda playing: playing == CAMERAS, "reader of every camera")
            yield Arena(fleet, root, cameras, pool, lambda *_: None, "")


@pytest.fixture
def arena(fought: Arena, request: pytest.FixtureRequest) -> Arena:
    fought.tell = lambda name, value: request.node.user_properties.append((name, value))
    fought.name = re.sub(r"[^a-z]+", "-", request.node.name).strip("-")
    return fought


def statuses(fates: list[Fate]) -> set[tuple[int, ...]]:
    return {fate.statuses for fate in fates}


@pytest.mark.parametrize("attack", [hostile.garbage, hostile.huge_header, hostile.huge_body])
def test_what_is_too_large_or_no_rtsp_is_refused_and_closed(arena: Arena, attack: Attack) -> None:
    fates = arena.attack(attack)
    assert all(fate.closed for fate in fates)
    assert statuses(fates) <= {(400,), (413,), ()}  # what was still on its way resets the connection, answer or not
    assert {400, 413}.intersection(*[set(one) or {413} for one in statuses(fates)])


def test_requests_out_of_order_are_answered_as_the_standard_says(arena: Arena) -> None:
    """RFC 2326 7.1.1 and 12.17; SETUP needs no DESCRIBE before it."""
    *fates, wrong_version = arena.attack(hostile.improper)
    answered = [status for fate in fates for status in fate.statuses]
    assert answered == [400, 400, 400, 400, 200, 455, 454, 200, 454, 461, 461, 405, 501, 551, 401]
    assert (wrong_version.statuses, wrong_version.closed) == ((505,), True)


def test_who_says_nothing_half_a_request_or_a_letter_at_a_time_is_closed(arena: Arena) -> None:
    fates = arena.attack(hostile.silence, attacked=8)
    assert len(fates) == 8
    assert all(fate.closed for fate in fates), fates
    assert statuses(fates) == {(), (200,)}


def test_ten_thousand_connections_get_no_more_than_each_camera_admits(arena: Arena) -> None:
    fates = arena.attack(hostile.many_connections, attacked=CAMERAS)
    assert len(fates) > 9_900, "connections that were not even accepted"
    held = sum(not fate.closed for fate in fates)
    assert held <= CAMERAS * (RTSP.max_connections - 1)  # one is the reader's


def test_connections_that_come_and_go_in_a_storm_leave_nothing(arena: Arena) -> None:
    assert len(arena.attack(hostile.storm)) > 500


@pytest.mark.parametrize(
    "attack", [hostile.request_flood, hostile.unread_flood, hostile.playing_flood, hostile.interleaved_garbage,
               hostile.rtcp_flood, hostile.vanish],
)  # fmt: skip
def test_floods_and_clients_that_vanish_disturb_nobody(arena: Arena, attack: Attack) -> None:
    fates = arena.attack(attack)
    assert fates
    assert statuses(fates) <= {(), (200,)}, "a client that asked properly was not answered"


def test_clients_that_never_read_are_disconnected_with_their_frames_in_the_ledger(arena: Arena) -> None:
    arena.attack(hostile.never_read)
    ledger = arena.root / arena.fleet.status()["ledger"]
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    sessions = {line["session"] for line in lines if line["kind"] == "play" and line["agent"] == "hostile"}
    assert len(sessions) == ATTACKED
    ended = {line["session"]: line["cause"] for line in lines if line["kind"] == "stop"}
    assert ended == dict.fromkeys(sessions, "stalled")
    assert {line["cause"] for line in lines if line["kind"] == "skip"} == {"slow-reader"}
