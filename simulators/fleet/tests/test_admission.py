"""Which cameras a fleet takes, and what it says of those it cannot play."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import ConfigError, ExitCode
from simulators.fleet.admission import admit, models
from simulators.fleet.bench import SD, loopback_cameras
from simulators.fleet.cohort import slots
from simulators.media.library import CATALOGUE, MediaSet, kind
from simulators.rtsp.device import Device, devices

PORT = 8554
CLIPS = ("clip-a", "clip-b")
MEDIA = MediaSet(Path("media"), {kind("generic-d1", SD): CLIPS})


def cameras(count: int = 3) -> list[dict[str, Any]]:
    return [camera.model_dump(mode="json") for camera in loopback_cameras(count, PORT)]


def admitted(count: int) -> list[Device]:
    records = admit(cameras(count), MEDIA, PORT)
    answer = {"devices": records, "models": models(records)}
    assert json.loads(json.dumps(answer)) == answer
    return devices(answer)


def test_records_become_devices_in_their_order_without_secrets() -> None:
    found = admitted(3)
    assert [device.id for device in found] == ["cam-000001", "cam-000002", "cam-000003"]
    assert [device.auth for device in found] == ["basic", "digest", "basic"]
    assert len({id(device.dialect) for device in found}) == 1
    assert "password" not in json.dumps(admit(cameras(), MEDIA, PORT))


def test_a_slot_has_one_clip_and_every_clip_is_played() -> None:
    found = admitted(100)
    assert {device.main.feed.slot for device in found} == set(range(slots(SD.fps)))
    assert len({(device.main.feed.slot, device.main.feed.clip) for device in found}) == slots(SD.fps)
    assert {device.main.feed.clip for device in found} == set(CLIPS)


@pytest.mark.parametrize(
    ("change", "message", "where"),
    [
        ({"address": "198.18.0.300"}, "valid IPv4", "cameras.1.address"),
        ({"colour": "red"}, "Extra inputs", "cameras.1.colour"),
        ({"id": "cam-000001"}, "2 cameras have the id", "cameras"),
        ({"address": "127.18.0.2"}, "not the same serial", "cameras"),
        ({"address": "127.18.0.2", "serial": "B000001", "auth": "basic"}, "2 cameras have the stream", "cameras"),
        ({"path": "/live"}, "has path /live", "path"),
        ({"auth": "none"}, "has auth none", "auth"),
        ({"port": 554}, "has port 554", "port"),
        ({"path": "no-slash"}, "match pattern", "cameras.1.path"),
        ({"model": "acme-9000"}, "no profile for camera model", "profiles"),
        ({"stream": {**SD.model_dump(), "fps": 7}}, "nothing to play", "media"),
    ],
)
def test_a_camera_that_cannot_be_played_is_named(change: dict[str, Any], message: str, where: str) -> None:
    listed = cameras()
    listed[1] |= change
    with pytest.raises(ConfigError, match=message) as caught:
        admit(listed, MEDIA, PORT)
    assert where in caught.value.where


@pytest.mark.parametrize("wrong", [None, {}, "cameras", 7])
def test_anything_but_a_list_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError):
        admit(wrong, MEDIA, PORT)


@pytest.mark.parametrize("port", [PORT, 554])
def test_the_process_answers_devices_or_the_error(tmp_path: Path, port: int) -> None:
    (tmp_path / CATALOGUE).write_text(json.dumps({"schema_version": 1, "clips": MEDIA.clips}))
    request = {"cameras": cameras(1), "media": str(tmp_path), "port": port}
    ended = subprocess.run(
        [sys.executable, "-m", "simulators.fleet.admission"],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
    )
    answer = json.loads(ended.stdout)
    if port == PORT:
        assert ended.returncode == ExitCode.OK
        assert answer["devices"] == admit(cameras(1), MEDIA, PORT)
        assert list(answer["models"]) == ["generic-d1"]
    else:
        assert ended.returncode == ExitCode.CONFIG
        assert answer["error"]["where"] == "port"
