"""A small platform without containers: a real fleet, a real MediaMTX that pulls and records it, and an edge."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycam.evidence.ledger import Ledger, read_ledger
from citycam.model.camera import Camera, Stream, camera_id
from citycam.model.credentials import camera_password
from citycam.model.workspace import PROJECT, cache_folder
from citycam.plan.plan import Plan
from infra.images.programs import build_program
from infra.images.versions import versions
from loadtests.settings import Edge, LoadSettings, WatchedCamera
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

from .edge import Authority, Door

KEY = "a-key-of-this-test"
NAME = "city.test"
GATEWAY = "gateway-1"
VIEWER, OPERATOR, METRICS = "viewer-password", "operator-password", "metrics-password"
SILENT = "cam-000900"
"""A camera the gateway knows and that never answers."""
GATEWAY_CONFIG = """
logLevel: info
authMethod: internal
authInternalUsers:
  - user: viewer
    pass: {viewer}
    permissions: [{{action: read, path: "~^cam-[0-9]{{6}}$"}}, {{action: playback, path: "~^cam-[0-9]{{6}}$"}}]
  - user: prometheus
    pass: {metrics_password}
    permissions: [{{action: metrics}}]
metrics: yes
metricsAddress: 127.0.0.1:{metrics}
rtspAddress: 127.0.0.1:{rtsp}
rtspTransports: [tcp]
rtspAuthMethods: [basic]
playback: yes
playbackAddress: 127.0.0.1:{playback}
rtmp: no
hls: no
webrtc: no
srt: no
moq: no
pathDefaults:
  record: yes
  recordPath: {recordings}/%path/%Y-%m-%d_%H-%M-%S-%f
  recordFormat: fmp4
  recordPartDuration: 1s
  recordSegmentDuration: 10s
paths:
  {silent}: {{source: "rtsp://127.64.0.250:1/", rtspTransport: tcp}}
"""


@dataclass
class Stand:
    """The platform, while it stands."""

    settings: LoadSettings
    plan: Plan
    fleet: FleetClient
    folder: Path
    ledger_file: Path
    authority: Authority
    gateway_metrics: int
    fleet_metrics: int

    def ledger(self) -> Ledger:
        """What was sent until now."""
        self.fleet.flush_ledger()
        return read_ledger(self.ledger_file)

    def recorded(self) -> list[Path]:
        """Segments on disk."""
        return sorted((self.folder / "recordings").glob("*/*.mp4"))


@contextmanager
def platform(folder: Path, cameras: int) -> Iterator[Stand]:
    """Stand the platform up with so many D1 cameras, all of them playing and on disk."""
    with ExitStack() as stack:
        rtsp, playback, device, metrics, fleet_metrics = _free_ports(5)
        listed = [_camera(number, device) for number in range(1, cameras + 1)]
        fleet = stack.enter_context(_fleet(folder, device, fleet_metrics))
        prepare_media(listed, None, cache_folder(), folder / "fleet" / "media")
        fleet.set_cameras(listed)
        ledger = folder / "fleet" / fleet.new_ledger("test")
        stack.enter_context(_gateway(folder, listed, {"rtsp": rtsp, "playback": playback, "metrics": metrics}))
        authority = Authority(folder)
        context = authority.server_context(NAME, f"*.{NAME}")
        live = Door(context, {f"{GATEWAY}.{NAME}": ("127.0.0.1", rtsp)})
        stack.callback(live.close)
        http = Door(authority.server_context(NAME, f"*.{NAME}"), {NAME: ("127.0.0.1", playback)}, _without_gateway)
        stack.callback(http.close)
        settings = LoadSettings(
            edges=[Edge(https=http.address, rtsps=live.address)],
            edge_name=NAME,
            ca_file=authority.ca_file,
            viewer_password=VIEWER,
            operator_password=OPERATOR,
            cameras=[WatchedCamera(camera=one.id, gateway=GATEWAY, fps=one.stream.fps) for one in listed],
            seconds=10,
            seed=7,
        )
        plan = Plan(
            environment="test",
            inventory_digest="sha256:0",
            cameras=listed,
            gateways={GATEWAY: [one.id for one in listed]},
        )
        stand = Stand(settings, plan, fleet, folder, ledger, authority, metrics, fleet_metrics)
        wait_for(
            lambda: len({path.parent for path in stand.recorded()}) == cameras,
            lambda: f"{len(stand.recorded())} segments on disk, fleet: {fleet.status()}",
        )
        yield stand


def wait_for(condition: Callable[[], bool], seen: Callable[[], Any], seconds: float = 60.0) -> None:
    """Wait until a condition holds; the error says what was seen last."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not in {seconds:g} s; seen: {seen()}")
        time.sleep(0.1)


@contextmanager
def _fleet(folder: Path, port: int, metrics: int) -> Iterator[FleetClient]:
    root = folder / "fleet"
    root.mkdir()
    (root / "key").write_text(KEY)
    command = [sys.executable, "-m", "simulators.fleet", "--root", str(root), "--port", str(port)]
    command += ["--key-file", str(root / "key"), "--metrics", f"127.0.0.1:{metrics}"]
    client = FleetClient(root / "control.sock")
    with _process(command, root / "log"):
        wait_for(client.health, (root / "log").read_text)
        yield client


@contextmanager
def _gateway(folder: Path, cameras: list[Camera], ports: dict[str, int]) -> Iterator[None]:
    text = GATEWAY_CONFIG.format(
        viewer=VIEWER, metrics_password=METRICS, silent=SILENT, recordings=folder / "recordings", **ports
    )
    for camera in cameras:
        password = camera_password(KEY.encode(), camera.serial)
        source = f"rtsp://{camera.username}:{password}@{camera.address}:{camera.port}{camera.path}"
        text += f"  {camera.id}: {{source: '{source}', rtspTransport: tcp}}\n"
    config = folder / "mediamtx.yml"
    config.write_text(text)
    with _process([str(build_program("mediamtx", versions())), str(config)], folder / "mediamtx.log", TZ="UTC"):
        yield


@contextmanager
def _process(command: list[str], log: Path, **environment: str) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=PROJECT, env={**os.environ, **environment}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def _camera(number: int, port: int) -> Camera:
    return Camera(
        id=camera_id(number),
        serial=f"S{number}",
        mac=f"02:00:5e:00:00:{number:02x}",
        agency="test",
        ward_code=4,
        ward="Phường Ba Đình",
        site=f"site-{number}",
        latitude=21.0,
        longitude=105.8,
        address=f"127.64.0.{number}",  # every 127.x.y.z is local
        port=port,
        path="/Streaming/Channels/101",
        auth="digest" if number % 2 else "basic",
        username="admin",
        model="generic-d1",
        stream=Stream(width=704, height=576, fps=10, bitrate=256_000),
    )


def _without_gateway(first: bytes) -> bytes:
    """`GET /gateway-1/get?…` → `GET /get?…`, as the real edge does it."""
    return first.replace(f"GET /{GATEWAY}/".encode(), b"GET /", 1)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
