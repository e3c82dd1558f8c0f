"""Every camera model, by every client and transport; the table of it is in the docs, and is what was seen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from citycam.model.camera import Auth, Camera, Stream, Transport
from citycam.model.credentials import camera_password
from citycam.model.workspace import PROJECT
from integration_tests.recording.gateway import Site, passable, running_gateway, stop
from integration_tests.waiting import wait_for
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media
from simulators.profiles.profile import load_profile, models

from .clients import CLIENTS, Refused
from .stand import KEY
from .stream import frames_of
from .test_mediamtx import recorded

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

SMALL = Stream(width=176, height=144, fps=10, bitrate=48_000)
TABLE = PROJECT / "docs" / "reference" / "camera-models.md"
FRAMES = 10
TRANSPORTS = ("tcp", "udp")
REFUSED = {
    *(("flapping-realm", client) for client in ("FFmpeg", "PyAV", "MediaMTX")),
    *(("avigilon-network", client) for client in ("FFmpeg", "GStreamer", "PyAV")),
}
"""Who gives up after one refusal, and who knows no Digest by SHA-256. Everything else must play."""
Key = tuple[str, str, str]
"""Camera, client, transport."""
HEAD = """\
# Camera models, and who plays them

Written by `CITYCAM_WRITE_DOCS=1 pytest integration_tests/fleet/test_profiles.py`, which fails when it is not true
any more. *yes*: every frame of a stretch arrived once and in order, from each channel that was tried. What a model does
is in its file in `simulators/profiles/`. FFmpeg and GStreamer as Debian 12 has them, and PyAV, lack Digest by SHA-256.
"""


def estate(port: int) -> list[Camera]:
    """A camera of each model; of a recorder, its last channel too."""
    wanted = [(model, channel) for model in models() for channel in sorted({1, load_profile(model).channels})]
    plain = loopback_cameras(len(wanted), port, SMALL)
    first: dict[str, Camera] = {}
    found = []
    for camera, (model, channel) in zip(plain, wanted, strict=True):
        profile = load_profile(model)
        device = first.setdefault(model, camera)
        changes = {
            "model": model,
            "path": profile.paths.of(channel),
            "auth": Auth(profile.auth[0]),
            **{name: getattr(device, name) for name in ("serial", "mac", "address")},
        }
        found.append(camera.model_copy(update=changes))
    return found


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Camera]]:
    root = tmp_path_factory.mktemp("estate")
    listed = estate(free_port())
    prepare_media(listed, None, tmp_path_factory.mktemp("cache"), root / "media")
    with running_fleet(root, listed[0].port, KEY) as fleet:
        fleet.set_cameras(listed)
        yield listed
        assert FleetClient(root / "control.sock").status()["cameras"] == len(listed)


def verdict(client: str, camera: Camera, transport: str, folder: Path) -> str:
    """`plays`, or what went wrong."""
    password = camera_password(KEY, camera.serial)
    try:
        stream = CLIENTS[client](camera, password, transport, FRAMES, folder)
    except Refused as refused:
        return f"refused: {refused}"
    frames = frames_of(stream, camera.number)
    return "plays" if frames == list(range(frames[0], frames[0] + FRAMES)) else f"frames {frames}"


def by_players(cameras: list[Camera], folder: Path) -> dict[Key, str]:
    """What each player makes of each camera: one after another for a camera, whose sessions are few."""

    def of(camera: Camera) -> dict[Key, str]:
        return {
            (camera.id, client, transport): verdict(client, camera, transport, folder)
            for client in CLIENTS
            for transport in TRANSPORTS
        }

    with ThreadPoolExecutor(10) as pool:
        return {key: found for part in pool.map(of, cameras) for key, found in part.items()}


def by_mediamtx(cameras: list[Camera], transport: str, folder: Path) -> dict[Key, str]:
    """What the gateway records of each."""
    pulled = [camera.model_copy(update={"transport": Transport(transport)}) for camera in cameras]
    playable = {camera.id for camera in pulled if (camera.model, "MediaMTX") not in REFUSED}
    site = Site(passable(folder), KEY)
    site.deliver(pulled)
    with running_gateway(site) as gateway:
        wait_for(
            lambda: {camera.id for camera in pulled if len(site.segments(camera)) > 1},
            lambda seen: seen >= playable,
            f"second file of {sorted(playable)}",
            timeout=90,
        )
        stop(gateway)
    found = {}
    for camera in pulled:
        frames = recorded(site, camera)
        whole = bool(frames) and frames == list(range(frames[0], frames[0] + len(frames)))
        found[camera.id, "MediaMTX", transport] = "plays" if whole else f"frames {frames}"
    return found


def table(cameras: list[Camera], found: dict[Key, str]) -> str:
    """The page of the docs."""
    columns = [(client, transport) for client in (*CLIENTS, "MediaMTX") for transport in TRANSPORTS]
    head = ["camera model", "channels", *(f"{client} {transport}" for client, transport in columns)]
    lines = [HEAD, f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for model in models():
        profile = load_profile(model)
        own = [camera for camera in cameras if camera.model == model]
        cells = [
            "yes" if all(found[camera.id, client, transport] == "plays" for camera in own) else "no"
            for client, transport in columns
        ]
        lines.append(f"| `{model}` {profile.title} | {profile.channels} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_every_model_is_played_by_every_client(cameras: list[Camera], tmp_path: Path) -> None:
    found = by_players(cameras, tmp_path)
    for transport in TRANSPORTS:
        folder = tmp_path / transport
        folder.mkdir()
        found |= by_mediamtx(cameras, transport, folder)
    model_of = {camera.id: camera.model for camera in cameras}
    surprises = {
        (model_of[id], client, transport): verdict
        for (id, client, transport), verdict in found.items()
        if (verdict == "plays") == ((model_of[id], client) in REFUSED)
    }
    assert surprises == {}
    page = table(cameras, found)
    if os.environ.get("CITYCAM_WRITE_DOCS"):
        TABLE.write_text(page, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == page, "write it anew with CITYCAM_WRITE_DOCS=1"
