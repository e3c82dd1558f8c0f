"""A fleet of three processes: each has its addresses, one that is killed comes back, and nothing is left at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from citycam.evidence.ledger import read_ledger
from citycam.model.camera import Camera
from citycam.model.errors import ConfigError, EnvironmentFailure, ExitCode
from integration_tests.waiting import wait_for
from simulators.fleet.bench import draining, free_port, loopback_cameras
from simulators.fleet.client import FleetClient
from simulators.fleet.listener import shard_of
from simulators.fleet.supervisor import MOST_RESTARTS
from simulators.media.library import prepare_media

from .stand import KEY, SMALL

SHARDS = 3
COUNT = 9
OTHER = SMALL.model_copy(update={"bitrate": 128_000})


@dataclass
class Supervised:
    """The fleet, and the process that keeps it."""

    client: FleetClient
    process: subprocess.Popen[bytes]
    root: Path
    port: int
    log: Path

    @property
    def cameras(self) -> list[Camera]:
        return loopback_cameras(COUNT, self.port, SMALL)

    @property
    def shards(self) -> list[dict[str, Any]]:
        return list(self.client.status()["shards"])

    def members(self) -> list[psutil.Process]:
        """Supervisor and shards, while they live."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for stream in (SMALL, OTHER):
        prepare_media(loopback_cameras(1, 554, stream), None, tmp_path_factory.mktemp("cache"), folder)
    return folder


@contextmanager
def _supervised(root: Path, media: Path) -> Iterator[Supervised]:
    root.mkdir(exist_ok=True)
    (root / "key").write_bytes(KEY)
    (root / "media").symlink_to(media)
    port, log = free_port(), root / "log"
    command = [sys.executable, "-m", "simulators.fleet", f"--root={root}", f"--port={port}", f"--key-file={root}/key"]
    with log.open("wb") as stderr:
        process = subprocess.Popen([*command, f"--processes={SHARDS}", "--metrics=127.0.0.1:0"], stderr=stderr)
    found = Supervised(FleetClient(root / "control.sock"), process, root, port, log)
    try:
        wait_for(found.client.health, bool, "answer of the supervisor")
        found.client.set_cameras(found.cameras)
        yield found
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Supervised]:
    with _supervised(tmp_path_factory.mktemp("supervised"), media) as found:
        yield found


@pytest.fixture
def fleet(tmp_path: Path, media: Path) -> Iterator[Supervised]:
    with _supervised(tmp_path / "root", media) as found:
        yield found


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def test_each_address_is_answered_by_its_own_shard_and_the_status_adds_up(standing: Supervised, tmp_path: Path) -> None:
    standing.client.new_ledger("whole")
    with draining(standing.cameras, KEY):
        status = wait_for(standing.client.status, lambda seen: seen["playing"] == COUNT, "all cameras playing")
        assert status["playing_cameras"] == [camera.id for camera in standing.cameras]
        assert status["cameras"] == status["sessions"] == COUNT
        wanted = [sum(shard_of(one.address, SHARDS) == shard for one in standing.cameras) for shard in range(SHARDS)]
        assert [shard["playing"] for shard in status["shards"]] == wanted
        counts = standing.client.counts()
        assert [set(count) for count in counts] == [{"started", "cpu_seconds", "max_ns", "bins"}] * SHARDS
        standing.client.copy_ledger(tmp_path / "ledger.jsonl")
    ledger = read_ledger(tmp_path / "ledger.jsonl")
    assert ledger.complete, ledger.notes
    assert ledger.run == "whole"
    assert set(ledger.cameras) == {camera.id for camera in standing.cameras}
    for camera in standing.cameras:
        shard = shard_of(camera.address, SHARDS)
        assert camera.id in (standing.root / f"shards/{shard}.0/ledger/whole.jsonl").read_text()
    standing.client.new_ledger("after")
    with pytest.raises(ConfigError, match="of this name already"):
        standing.client.new_ledger("whole")


def test_a_refusal_changes_no_shard(standing: Supervised) -> None:
    before = standing.shards
    wrong = standing.cameras[-1].model_copy(update={"port": 554})
    with pytest.raises(ConfigError, match="has port 554"):
        standing.client.set_cameras([*standing.cameras[:3], wrong])
    after = standing.shards
    assert [shard["cameras"] for shard in after] == [shard["cameras"] for shard in before]
    with pytest.raises(ConfigError, match="no such camera"):
        standing.client.start_fault("freeze", ["cam-000001", "cam-000099"])


def test_what_one_shard_cannot_play_no_shard_plays(fleet: Supervised) -> None:
    before = fleet.shards
    (fleet.root / "shards/1.0/media").unlink()
    with pytest.raises(EnvironmentFailure, match="a clip cannot be read"):
        fleet.client.set_cameras(loopback_cameras(COUNT + 5, fleet.port, OTHER))
    assert [shard["cameras"] for shard in fleet.shards] == [shard["cameras"] for shard in before]
    with draining(fleet.cameras, KEY):
        wait_for(fleet.client.status, lambda seen: seen["playing"] == COUNT, "all cameras playing as before")


def test_faults_strike_in_every_shard_and_a_timeline_is_played(standing: Supervised, tmp_path: Path) -> None:
    ids = [camera.id for camera in standing.cameras]
    standing.client.new_ledger("faults")
    strikes = [(0.2, {"kind": "freeze", "cameras": ids[:4]}), (3600.0, {"kind": "reboot", "cameras": ids})]
    standing.client.play(strikes)
    faults = wait_for(standing.client.faults, lambda seen: len(seen["faults"]) == 1, "first fault of the timeline")
    assert faults["faults"][0]["cameras"] == ids[:4]
    assert [coming["fault"]["kind"] for coming in faults["ahead"]] == ["reboot"]
    standing.client.clear_faults()
    assert standing.client.faults() == {"faults": [], "ahead": []}
    standing.client.copy_ledger(tmp_path / "ledger.jsonl")
    told = [fault for fault in read_ledger(tmp_path / "ledger.jsonl").faults if fault["action"] == "start"]
    assert sorted(camera for fault in told for camera in fault["fault"]["cameras"]) == ids[:4]
    assert len(told) == SHARDS
    for other in ids[1:SHARDS]:  # whichever shard that camera is in
        standing.client.start_fault("stream-change", ids[:1], like=other)
    standing.client.clear_faults()


def test_metrics_of_the_whole_are_one_text(standing: Supervised) -> None:
    connections = psutil.Process(standing.process.pid).net_connections(kind="tcp")
    ports = {one.laddr.port for one in connections if one.status == psutil.CONN_LISTEN} - {standing.port}
    (port,) = ports
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        found = {family.name: family for family in text_string_to_metric_families(answer.read().decode())}
    assert found["citycam_fleet_cameras"].samples[0].value == COUNT
    assert len(found["citycam_fleet_frames_sent"].samples) == COUNT


def test_a_killed_shard_comes_back_and_the_ledger_says_what_it_cost(fleet: Supervised, tmp_path: Path) -> None:
    ids = [camera.id for camera in fleet.cameras]
    with draining(fleet.cameras, KEY):
        wait_for(fleet.client.status, lambda seen: seen["playing"] == COUNT, "all cameras playing")
    wait_for(fleet.client.status, lambda seen: seen["connections"] == 0, "fleet without readers")
    fleet.client.start_fault("slow-start", ids, seconds=3600, wait=0.1)
    fleet.client.new_ledger("killed")
    victim, *others = fleet.shards
    through = fleet.client.flush_ledger()
    os.kill(victim["pid"], signal.SIGKILL)
    restarted = wait_for(lambda: fleet.shards[0], lambda seen: seen["restarts"] == 1, "shard 1 again")
    assert restarted["pid"] != victim["pid"]
    assert [shard["pid"] for shard in fleet.shards[1:]] == [shard["pid"] for shard in others]
    wait_for(fleet.client.status, lambda seen: seen["cameras"] == COUNT, "all cameras switched on again")
    with draining(fleet.cameras, KEY):
        wait_for(fleet.client.status, lambda seen: seen["playing"] == COUNT, "all cameras playing again")
    reached = fleet.client.copy_ledger(tmp_path / "ledger.jsonl")
    ledger = read_ledger(tmp_path / "ledger.jsonl")
    assert set(ledger.cameras) == set(ids)
    assert ledger.through_ns == reached
    assert reached >= through
    assert not ledger.covers(fleet.client.flush_ledger() + 1)
    assert ledger.complete, ledger.notes
    assert ledger.cuts == ("process 1 of the fleet died: killed by SIGKILL",)
    again = read_ledger(fleet.root / "shards/0.1/ledger/killed.jsonl").faults
    mine = {camera.id for camera in fleet.cameras if shard_of(camera.address, SHARDS) == 0}
    assert {camera for fault in again for camera in fault["fault"]["cameras"]} == mine
    assert fleet.client.new_ledger("next") == "ledger/next.jsonl"
    assert fleet.client.flush_ledger() > reached


def test_a_shard_that_dies_again_and_again_ends_the_fleet(fleet: Supervised) -> None:
    members = fleet.members()
    for death in range(MOST_RESTARTS + 1):
        shard = wait_for(lambda: fleet.shards[1], lambda seen, at=death: seen["restarts"] == at, f"life {death}")  # type: ignore[misc]
        members += [one for one in fleet.members() if one not in members]
        os.kill(shard["pid"], signal.SIGKILL)
    assert fleet.process.wait(30) == ExitCode.ENVIRONMENT
    assert f"died {MOST_RESTARTS + 1} times" in fleet.log.read_text()
    assert not _alive(members)
    assert not (fleet.root / "control.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_in_order(fleet: Supervised, number: signal.Signals, tmp_path: Path) -> None:
    members = fleet.members()
    assert len(members) == 1 + SHARDS
    fleet.client.new_ledger("ended")
    fleet.process.send_signal(number)
    assert fleet.process.wait(30) == 0
    assert not _alive(members)
    assert not (fleet.root / "control.sock").exists()
    lines = [path.read_text() for path in sorted(fleet.root.glob("shards/*/ledger/ended.jsonl"))]
    assert len(lines) == SHARDS
    assert all('"kind":"close"' in text for text in lines)


def test_a_killed_supervisor_leaves_no_process_behind(fleet: Supervised) -> None:
    members = fleet.members()
    fleet.process.kill()
    assert fleet.process.wait(30) == -signal.SIGKILL
    wait_for(lambda: _alive(members), lambda left: not left, "end of every shard")


def test_a_fleet_that_ends_leaves_the_control_socket_of_the_next_in_its_folder(tmp_path: Path) -> None:
    """As where the Swarm starts one on a node that was cut off, before it ends the one that went on there."""
    (tmp_path / "key").write_bytes(KEY)
    client, door = FleetClient(tmp_path / "control.sock"), tmp_path / "control.sock"

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "simulators.fleet", f"--root={tmp_path}", f"--key-file={tmp_path}/key"]
        return subprocess.Popen([*command, f"--port={free_port()}", "--metrics="])

    with start() as first:
        wait_for(client.health, bool, "answer of the first")
        before = door.stat().st_ino
        with start() as second:
            wait_for(lambda: door.exists() and door.stat().st_ino != before, bool, "socket of the second")
            first.terminate()
            assert first.wait(30) == 0
            assert client.health()
            second.terminate()
            assert second.wait(30) == 0
    assert not door.exists()


def test_a_fleet_that_cannot_open_its_metrics_leaves_no_control_socket(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        metrics = f"--metrics=127.0.0.1:{taken.getsockname()[1]}"
        command = [sys.executable, "-m", "simulators.fleet", f"--root={tmp_path}", f"--key-file={tmp_path}/key"]
        ended = subprocess.run(
            [*command, f"--port={free_port()}", metrics], capture_output=True, text=True, timeout=60, check=False
        )
    assert ended.returncode == ExitCode.ENVIRONMENT, ended.stderr
    assert "metrics or control socket cannot be opened" in ended.stderr
    assert not (tmp_path / "control.sock").exists()
