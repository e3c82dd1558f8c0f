"""A fleet by itself through the command line: up, watched, broken, healed, accounted for, and down without a trace."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from typer.testing import CliRunner

from citycam.cli.main import app
from citycam.evidence.ledger import read_ledger
from citycam.inventory.roster import load_inventory
from citycam.model.errors import ExitCode
from integration_tests.command import CITYCAM, Ended, citycam, settings
from integration_tests.waiting import wait_for
from simulators.fleet.bench import draining, free_port
from simulators.fleet.client import FleetClient

COUNT = 12
MIX = """\
schema_version: 1
title: small
parts:
  - {model: generic-d1, share: 1, stream: {width: 176, height: 144, fps: 10, bitrate: 64000}}
"""


@pytest.fixture(scope="module")
def mix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A mix of small cameras, and a cache of clips for this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CITYCAM_CACHE", str(tmp_path_factory.mktemp("cache")))
        file = tmp_path_factory.mktemp("mix") / "small.yaml"
        file.write_text(MIX, encoding="utf-8")
        yield str(file)


def _up(mix: str, root: Path, *more: str) -> tuple[str, ...]:
    options = ("--cameras", str(COUNT), "--profile-mix", mix, "--port", str(free_port()), "--root", str(root))
    return ("fleet", "up", *options, "--network", "127.18.200.0/24", "--ramp", "1s", *more)


@pytest.fixture(scope="module")
def root(mix: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A detached fleet of two processes."""
    root = tmp_path_factory.mktemp("standalone")
    ended = citycam(*_up(mix, root, "--processes", "2", "--detach"))
    assert ended.code == ExitCode.OK, ended.said
    assert len(ended.data["cameras"]) == COUNT
    assert ended.data["inventory"] == str(root / "cameras.csv")
    yield root
    if (root / "control.sock").exists():
        citycam("fleet", "down", "--root", str(root))


def _fleet(root: Path, *arguments: str) -> Ended:
    """A verb that starts nothing: it need not have a process of its own."""
    done = CliRunner().invoke(app, ["fleet", *arguments, "--root", str(root), "--json"])
    return Ended(done.exit_code, json.loads(done.stdout or "{}"), done.stderr)


def _processes(root: Path) -> list[psutil.Process]:
    """Every process of this fleet."""
    return [one for one in psutil.process_iter(["cmdline"]) if str(root) in " ".join(one.info["cmdline"] or ())]


def test_cameras_play_with_their_credentials_and_the_ledger_has_every_frame(root: Path, tmp_path: Path) -> None:
    cameras = load_inventory(root / "cameras.csv")
    accounts = _fleet(root, "credentials", "all").data
    assert {account["camera"] for account in accounts} == {camera.id for camera in cameras}
    assert not any(account["password"] in (root / "cameras.csv").read_text() for account in accounts)
    key = (root / "key").read_bytes()
    assert (root / "key").stat().st_mode & 0o777 == 0o600
    with draining(cameras, key):
        status = wait_for(lambda: _fleet(root, "status").data, lambda seen: seen["playing"] == COUNT, "all playing")
    assert [shard["restarts"] for shard in status["shards"]] == [0, 0]
    told = _fleet(root, "ledger", "--out", str(tmp_path / "ledger.jsonl")).data
    assert told["cameras"] == COUNT
    assert told["complete"]
    assert told["frames"] > 0
    assert set(read_ledger(tmp_path / "ledger.jsonl").cameras) == {camera.id for camera in cameras}


def test_cameras_are_broken_and_healed(root: Path, tmp_path: Path) -> None:
    assert _fleet(root, "fault", "drop-frames", "cam-000001", "cam-000002", "--set", "every=50").code == ExitCode.OK
    file = tmp_path / "timeline.yaml"
    file.write_text("schema_version: 1\nevents:\n  - {at: 0s, fault: freeze}\n  - {at: 1h, fault: reboot}\n")
    assert _fleet(root, "fault", "--timeline", str(file)).code == ExitCode.OK
    client = FleetClient(root / "control.sock")
    seen = wait_for(client.faults, lambda seen: len(seen["faults"]) == 2, "fault of the timeline")
    assert {fault["kind"] for fault in seen["faults"]} == {"drop-frames", "freeze"}
    assert len(seen["ahead"]) == 1
    assert _fleet(root, "heal").data == {"faults": [], "ahead": []}
    refused = _fleet(root, "fault", "drop-frames", "cam-000001", "--set", "every=1")
    assert refused.code == ExitCode.CONFIG
    assert "at least 2" in refused.said


def test_a_second_fleet_in_the_same_folder_is_refused(root: Path, mix: str) -> None:
    again = CliRunner().invoke(app, _up(mix, root))
    assert again.exit_code == ExitCode.CONFIG
    assert "runs here already" in again.stderr


def test_down_leaves_ledgers_and_no_process(root: Path) -> None:
    assert len(_processes(root)) == 3
    assert _fleet(root, "down").code == ExitCode.OK
    wait_for(lambda: _processes(root), lambda left: not left, "end of every process")
    told = _fleet(root, "ledger").data
    assert told["closed"]
    assert told["complete"]
    assert _fleet(root, "status").code == ExitCode.ENVIRONMENT


def test_an_interrupt_ends_all_in_order(mix: str, tmp_path: Path) -> None:
    root, timeline = tmp_path / "root", tmp_path / "timeline.yaml"
    timeline.write_text("schema_version: 1\nevents:\n  - {at: 1h, fault: reboot, cameras: {ids: [cam-000003]}}\n")
    command = [*CITYCAM, *_up(mix, root, "--processes", "2", "--timeline", str(timeline)), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings()) as fleet:
        assert fleet.stdout is not None
        answer = ""
        while not answer.endswith("\n}\n"):
            answer += fleet.stdout.readline() or pytest.fail(f"it ended: {fleet.stderr and fleet.stderr.read()}")
        assert json.loads(answer)["data"]["processes"] == 2
        (coming,) = FleetClient(root / "control.sock").faults()["ahead"]
        assert coming["fault"]["cameras"] == ["cam-000003"]
        fleet.send_signal(signal.SIGINT)
        _, said = fleet.communicate(timeout=30)
    assert fleet.returncode == ExitCode.INTERRUPTED
    assert "the fleet has ended" in said
    assert not _processes(root)
    assert _fleet(root, "ledger").data["closed"]


def test_a_killed_command_leaves_no_process_behind(mix: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    with subprocess.Popen([*CITYCAM, *_up(mix, root)], stderr=subprocess.DEVNULL, env=settings()) as fleet:
        wait_for(FleetClient(root / "control.sock").health, bool, "answer of the fleet")
        fleet.kill()
    wait_for(lambda: _processes(root), lambda left: not left, "end of the fleet")
