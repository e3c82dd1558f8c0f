"""The control API over its real socket, by the client everybody uses; the fleet is a process of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators.fleet.bench import SD, draining, free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.fleet.control import Control
from simulators.fleet.tests.viewer import ledger_of, make_devices, open_fleet, run, until
from simulators.media.library import prepare_media

KEY = b"key of a test"
SMALL = SD.model_copy(update={"width": 176, "height": 144, "bitrate": 64_000})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("fleet")
    prepare_media(loopback_cameras(1, 554, SMALL), None, tmp_path_factory.mktemp("cache"), root / "media")
    return root


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def fleet(root: Path, port: int) -> Iterator[FleetClient]:
    with running_fleet(root, port, KEY) as client:
        yield client


def test_cameras_are_set_played_and_reported(fleet: FleetClient, root: Path, port: int) -> None:
    cameras = loopback_cameras(4, port, SMALL)
    assert fleet.set_cameras(cameras) == {"added": 4, "removed": 0, "cameras": 4}
    path = root / fleet.new_ledger("played")
    with draining(cameras, KEY):
        while fleet.status()["playing"] < 4:
            fleet.flush_ledger()
        status = fleet.status()
        (count,) = fleet.counts()
        assert sum(count["bins"].values()) > 0
        assert count["started"] > 0
        assert count["cpu_seconds"] > 0
        assert status["playing_cameras"] == [camera.id for camera in cameras]
        through = fleet.flush_ledger()
    plays = {record["camera"] for record in ledger_of(path) if record["kind"] == "play"}
    assert plays == {camera.id for camera in cameras}
    assert through in [record["through_ns"] for record in ledger_of(path) if record["kind"] == "checkpoint"]
    assert fleet.set_cameras(cameras[:1])["removed"] == 3


def test_a_refusal_changes_nothing(fleet: FleetClient, port: int) -> None:
    cameras = loopback_cameras(2, port, SMALL)
    fleet.set_cameras(cameras)
    wrong = [cameras[0], cameras[1].model_copy(update={"port": 554})]
    with pytest.raises(ConfigError, match="has port 554"):
        fleet.set_cameras(wrong)
    with pytest.raises(ConfigError, match="unknown fault 'meteor'"):
        fleet.start_fault("meteor", [cameras[0].id])
    with pytest.raises(ConfigError, match="no such camera") as caught:
        fleet.start_fault("drop-frames", ["cam-999999"], every=5)
    assert "cam-999999" in caught.value.why
    with pytest.raises(ConfigError, match="letters, digits"):
        fleet.new_ledger("../up")
    assert fleet.status()["cameras"] == 2


def test_a_clip_that_was_damaged_is_said(fleet: FleetClient, root: Path, port: int) -> None:
    cameras = loopback_cameras(1, port, SMALL.model_copy(update={"fps": 5}))
    prepare_media(cameras, None, root / "cache", root / "media")
    for clip in (root / "media").glob("*/clip.h264"):
        if '"fps": 5,' in (clip.parent / "index.json").read_text():
            clip.unlink()  # a hard link: the cache's own stays
            clip.write_bytes(b"not the clip")
    with pytest.raises(EnvironmentFailure, match="a clip cannot be read"):
        fleet.set_cameras(cameras)


def test_nobody_there_is_an_environment_failure(tmp_path: Path) -> None:
    client = FleetClient(tmp_path / "control.sock")
    assert not client.health()
    with pytest.raises(EnvironmentFailure, match="does not answer"):
        client.status()


def test_a_taken_port_ends_the_process_with_its_exit_code(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        with (
            pytest.raises(EnvironmentFailure, match="the fleet ended") as caught,
            running_fleet(tmp_path, taken.getsockname()[1], KEY),
        ):
            pass
    assert caught.value.why == "exit code 4"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/health", 200), ("POST", "/health", 405), ("GET", "/nowhere", 404), ("DELETE", "/faults", 200)],
)
def test_routes(tmp_path: Path, method: str, path: str, status: int) -> None:
    async def test() -> None:
        async with open_fleet(tmp_path, make_devices(1)) as fleet:
            assert (await Control(fleet).handle(method, path, b"")).status == status

    run(test())


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/metrics", 200), ("POST", "/metrics", 405), ("GET", "/", 404)]
)
def test_the_metrics_port_only_gives_metrics(tmp_path: Path, method: str, path: str, status: int) -> None:
    async def test() -> None:
        async with open_fleet(tmp_path, make_devices(1)) as fleet:
            answer = await Control(fleet).metrics(method, path, b"")
            assert answer.status == status
            assert answer.kind.startswith("text/plain")

    run(test())


def _asked(tmp_path: Path, method: str, path: str, body: str) -> Any:
    """The document that answers a request to a fleet of two cameras."""
    found: list[Any] = []

    async def test() -> None:
        async with open_fleet(tmp_path, make_devices(2)) as fleet:
            control = Control(fleet, lambda: found.append("ended"))
            found.append(json.loads((await control.handle(method, path, body.encode())).body))
            if path == "/end":
                await until(lambda: "ended" in found, "the end")

    run(test())
    return found[0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"strikes": [{"after": "soon", "fault": {}}]}', "a timeline is a list of faults"),
        ('{"strikes": [7]}', "a timeline is a list of faults"),
        ('{"strikes": 7}', "a timeline is a list of faults"),
        ('{"strikes": [{"after": 1, "fault": "reboot"}]}', "a fault names its cameras"),
        ('{"strikes": [{"after": 1, "fault": {"kind": "reboot", "cameras": ["cam-000099"]}}]}', "no such camera"),
    ],
)
def test_a_timeline_that_makes_no_sense_is_refused(tmp_path: Path, body: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        _asked(tmp_path, "POST", "/timeline", body)


def test_a_timeline_waits_and_the_end_comes_after_its_answer(tmp_path: Path) -> None:
    body = '{"strikes": [{"after": 60, "fault": {"kind": "reboot", "cameras": ["cam-000001"]}}]}'
    assert _asked(tmp_path, "POST", "/timeline", body) == {"ahead": 1}
    assert _asked(tmp_path, "GET", "/faults", "") == {"faults": [], "ahead": []}
    assert _asked(tmp_path, "POST", "/end", "") == {"ok": True}
