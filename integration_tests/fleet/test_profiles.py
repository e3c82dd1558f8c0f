"""Every camera model, by every client and transport; the table of it is in the docs, and is what was seen."""

from __future__ import annotations

import hashlib
import os
import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from citycam.evidence.fmp4 import read_frames
from citycam.model.camera import Auth, Camera, Stream, Transport
from citycam.model.codec import Codec
from citycam.model.credentials import camera_password
from citycam.model.workspace import PROJECT, cache_folder
from integration_tests.recording.gateway import Site, passable, running_gateway, stop
from integration_tests.waiting import wait_for
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.fleet.ports import Ports
from simulators.media.library import prepare_media
from simulators.profiles.profile import Profile, load_profile, models

from .clients import CLIENTS, Refused, View
from .stand import KEY
from .stream import frames_of, images_of
from .test_mediamtx import recorded

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

TABLE = PROJECT / "docs" / "reference" / "camera-models.md"
FRAMES = 10
TRANSPORTS = ("tcp", "udp", "tls", "multicast")
GROUPS = "239.128.0.0/9"
"""Multicast groups of all cameras: they are reached over the loopback."""
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
any more. *yes*: every frame of a stretch arrived once and in order, from each channel and in each codec that was
tried; a dash: the model does not offer this transport. `tls` is RTSPS with a self-signed certificate, `multicast` a
group of the camera's own. What a model does is in its file in `simulators/profiles/`. FFmpeg and GStreamer as Debian 12
has them, and PyAV, lack Digest by SHA-256.
"""


def estate(port: int) -> list[Camera]:
    """Of each model a camera for each codec; of a recorder, its last channel too."""
    wanted: list[tuple[Profile, int, Codec]] = []
    for profile in map(load_profile, models()):
        first, *others = profile.encoding.codecs
        wanted += [(profile, channel, first) for channel in sorted({1, profile.channels})]
        wanted += [(profile, 1, codec) for codec in others]
    first_of: dict[tuple[str, Codec], Camera] = {}
    found = []
    for camera, (profile, channel, codec) in zip(loopback_cameras(len(wanted), port), wanted, strict=True):
        device = first_of.setdefault((profile.model, codec), camera)
        bitrate = 400_000 if codec == "mjpeg" else 48_000
        changes = {
            "model": profile.model,
            "path": profile.paths.of(channel),
            "auth": Auth(profile.auth[0]),
            "stream": Stream(codec=codec, width=176, height=144, fps=10, bitrate=bitrate),
            **{name: getattr(device, name) for name in ("serial", "mac", "address")},
        }
        found.append(camera.model_copy(update=changes))
    return found


@pytest.fixture(scope="module")
def ports() -> Ports:
    return Ports(rtsp=free_port(), rtsps=free_port())


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory, ports: Ports) -> Iterator[list[Camera]]:
    root = tmp_path_factory.mktemp("estate")
    listed = estate(ports.rtsp)
    prepare_media(listed, None, cache_folder(), root / "media")
    route = ["ip", "route", "replace", GROUPS, "dev", "lo"]
    subprocess.run(route, check=True)
    try:
        with running_fleet(root, ports.rtsp, KEY, options=["--rtsps-port", str(ports.rtsps)]) as fleet:
            fleet.set_cameras(listed)
            yield listed
            assert FleetClient(root / "control.sock").status()["cameras"] == len(listed)
    finally:
        subprocess.run(["ip", "route", "del", GROUPS, "dev", "lo"], check=True)


def offered(camera: Camera, transport: str) -> bool:
    """Whether the model sends that way."""
    return transport in load_profile(camera.model).rtsp.transports


def verdict(client: str, view: View) -> str:
    """`plays`, or what went wrong."""
    try:
        stream = CLIENTS[client](view)
    except Refused as refused:
        return f"refused: {refused}"
    if view.codec == "mjpeg":
        count = images_of(stream)
        return "plays" if count >= FRAMES else f"{count} images"
    frames = frames_of(stream, view.camera.number, view.codec)
    return "plays" if frames == list(range(frames[0], frames[0] + FRAMES)) else f"frames {frames}"


def by_players(cameras: list[Camera], ports: Ports, folder: Path) -> dict[Key, str]:
    """What each player makes of each camera: one after another for a camera, whose sessions are few."""

    def of(camera: Camera) -> dict[Key, str]:
        password = camera_password(KEY, camera.serial)
        return {
            (camera.id, client, transport): verdict(client, View(camera, password, ports, transport, FRAMES, folder))
            for client in CLIENTS
            for transport in TRANSPORTS
            if offered(camera, transport)
        }

    with ThreadPoolExecutor(10) as pool:
        return {key: found for part in pool.map(of, cameras) for key, found in part.items()}


def by_mediamtx(cameras: list[Camera], ports: Ports, transport: str, folder: Path) -> dict[Key, str]:
    """What the gateway records of each."""
    way = Transport.UDP if transport == "udp" else Transport.TCP
    pulled = [camera.model_copy(update={"transport": way}) for camera in cameras if offered(camera, transport)]
    playable = {camera.id for camera in pulled if (camera.model, "MediaMTX") not in REFUSED}
    site = Site(passable(folder), KEY)
    site.deliver(pulled)
    pull_by(site, pulled, ports, transport)
    with running_gateway(site) as gateway:
        wait_for(
            lambda: {camera.id for camera in pulled if len(site.segments(camera)) > 1},
            lambda seen: seen >= playable,
            f"second file of {sorted(playable)}",
            timeout=90,
        )
        stop(gateway)
    return {(camera.id, "MediaMTX", transport): kept_by(site, camera) for camera in pulled}


def pull_by(site: Site, cameras: list[Camera], ports: Ports, transport: str) -> None:
    """Change the delivered path file to a transport that gateways are not asked for yet."""
    if transport not in ("tls", "multicast"):
        return
    path = site.config / "mediamtx.yml"
    text = path.read_text(encoding="utf-8")
    if transport == "tls":
        certificate = ssl.get_server_certificate((str(cameras[0].address), ports.rtsps))
        fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()
        text = text.replace("source: rtsp://", "source: rtsps://").replace(f":{ports.rtsp}/", f":{ports.rtsps}/")
        text = text.replace("    rtspTransport:", f"    sourceFingerprint: {fingerprint}\n    rtspTransport:")
    else:
        text = text.replace("    rtspTransport: tcp", "    rtspTransport: multicast")
    path.write_text(text, encoding="utf-8")


def kept_by(site: Site, camera: Camera) -> str:
    """`plays`, or what is wrong with what a gateway recorded."""
    if camera.stream.codec == "mjpeg":
        lengths = [round(s * camera.stream.fps) for f in site.segments(camera) for s in read_frames(f).duration_s]
        return "plays" if len(lengths) >= FRAMES and set(lengths) == {1} else f"lengths {lengths}"
    encoding = load_profile(camera.model).encoding.of(camera.stream.codec)
    frames = recorded(site, camera, steady=not getattr(encoding, "b_frames", 0))
    return "plays" if frames and frames == list(range(frames[0], frames[0] + len(frames))) else f"frames {frames}"


def table(cameras: list[Camera], found: dict[Key, str]) -> str:
    """The page of the docs."""
    columns = [(client, transport) for client in (*CLIENTS, "MediaMTX") for transport in TRANSPORTS]
    head = ["camera model", "channels", *(f"{client} {transport}" for client, transport in columns)]
    lines = [HEAD, f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for model in models():
        profile = load_profile(model)
        own = [camera for camera in cameras if camera.model == model]
        cells = [_cell([found.get((camera.id, *column)) for camera in own]) for column in columns]
        lines.append(f"| `{model}` {profile.title} | {profile.channels} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(verdicts: list[str | None]) -> str:
    tried = [verdict for verdict in verdicts if verdict is not None]
    return "–" if not tried else "yes" if set(tried) == {"plays"} else "no"


def test_every_model_is_played_by_every_client(cameras: list[Camera], ports: Ports, tmp_path: Path) -> None:
    found = by_players(cameras, ports, tmp_path)
    for transport in TRANSPORTS:
        folder = tmp_path / transport
        folder.mkdir()
        found |= by_mediamtx(cameras, ports, transport, folder)
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
