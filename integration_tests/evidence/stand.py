"""A real fleet and a real MediaMTX on the loopback, recording into a folder: what the audit is for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citycam.evidence.run import Marks, Run
from citycam.model.camera import Camera, Stream, camera_id
from citycam.model.credentials import camera_password
from citycam.model.workspace import PROJECT, cache_folder
from citycam.plan.plan import Plan
from infra.images.programs import build_program
from infra.images.versions import versions
from integration_tests.waiting import wait_for
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

KEY = "a-key-of-this-test"
GATEWAY = "gateway-1"
CONFIG = """
logLevel: info
rtsp: no
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
  recordSegmentDuration: 4s
paths:
"""


@dataclass
class Stand:
    """The fleet and the gateway, while they run."""

    folder: Path
    cameras: list[Camera]
    fleet: FleetClient
    ledger: Path
    gateway: subprocess.Popen[bytes] = field(repr=False)
    restart: Callable[[], subprocess.Popen[bytes]] = field(repr=False)

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def plan(self) -> Plan:
        ids = [camera.id for camera in self.cameras]
        return Plan(environment="test", inventory_digest="sha256:0", cameras=self.cameras, gateways={GATEWAY: ids})

    def newest_write_ns(self) -> int:
        """When the camera that was written to longest ago was written to; 0 if one has nothing yet."""
        newest = [
            max((path.stat().st_mtime_ns for path in (self.recordings / camera.id).glob("*.mp4")), default=0)
            for camera in self.cameras
        ]
        return min(newest)

    def on_disk_since(self, time_ns: int, timeout: float = 30) -> None:
        """Wait until every camera was written to after a time."""
        wait_for(self.newest_write_ns, lambda seen: seen > time_ns, "write of every camera", timeout)

    def kill_gateway(self) -> None:
        """As a power cut would: nothing is finished."""
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()

    def start_gateway(self) -> None:
        self.gateway = self.restart()

    def collect(self, run: Run, marks: Marks) -> None:
        """What a campaign does after its recording: wait for the parts, end the gateway, keep the evidence."""
        self.on_disk_since(marks.stop_ns + 2_000_000_000)
        wait_for(self.fleet.flush_ledger, lambda through: through >= marks.stop_ns, "ledger through the window")
        self.gateway.terminate()
        self.gateway.wait(30)
        run.write_json("marks.json", {"start_ns": marks.start_ns, "stop_ns": marks.stop_ns})
        run.ledger.write_bytes(self.ledger.read_bytes())
        run.collect_archive(GATEWAY, self.recordings, marks)


def window(seconds: float) -> Marks:
    """A window that begins now, once it has passed."""
    start = time.time_ns()
    stop = start + round(seconds * 1e9)
    wait_for(time.time_ns, lambda now: now >= stop, "end of the window", seconds + 5)
    return Marks(start, stop)


@contextmanager
def recording(folder: Path, cameras: int) -> Iterator[Stand]:
    """So many D1 cameras that all play and are on disk."""
    device, metrics = _free_ports(2)
    listed = [_camera(number, device) for number in range(1, cameras + 1)]
    root = folder / "fleet"
    root.mkdir(parents=True)
    (root / "key").write_text(KEY)
    command = [sys.executable, "-m", "simulators.fleet", "--root", str(root), "--port", str(device)]
    command += ["--key-file", str(root / "key"), "--metrics", f"127.0.0.1:{metrics}"]
    client = FleetClient(root / "control.sock")
    fleet = _start(command, root / "log")
    config, program = _config(folder, listed), build_program("mediamtx", versions())

    def start_gateway() -> subprocess.Popen[bytes]:
        return _start([str(program), str(config)], folder / "mediamtx.log", TZ="UTC")

    gateway = None
    try:
        wait_for(client.health, bool, "healthy fleet")
        prepare_media(listed, None, cache_folder(), root / "media")
        client.set_cameras(listed)
        ledger = root / client.new_ledger("test")
        gateway = Stand(folder, listed, client, ledger, start_gateway(), start_gateway)
        gateway.on_disk_since(0)
        yield gateway
    finally:
        for process in [fleet, *([gateway.gateway] if gateway else [])]:
            process.terminate()
            process.wait(30)


def _config(folder: Path, cameras: list[Camera]) -> Path:
    text = CONFIG.format(recordings=folder / "recordings")
    for camera in cameras:
        password = camera_password(KEY.encode(), camera.serial)
        source = f"rtsp://{camera.username}:{password}@{camera.address}:{camera.port}{camera.path}"
        text += f"  {camera.id}: {{source: '{source}', rtspTransport: {camera.transport}}}\n"
    path = folder / "mediamtx.yml"
    path.write_text(text)
    return path


def _start(command: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=PROJECT, env={**os.environ, **environment}
        )


def _camera(number: int, port: int) -> Camera:
    facts: dict[str, Any] = {
        "agency": "test",
        "ward_code": 4,
        "ward": "Phường Ba Đình",
        "latitude": 21,
        "longitude": 105.8,
    }
    return Camera(
        id=camera_id(number),
        serial=f"S{number}",
        mac=f"02:00:5e:00:00:{number:02x}",
        site=f"site-{number}",
        address=f"127.65.0.{number}",  # every 127.x.y.z is local
        port=port,
        path="/Streaming/Channels/101",
        transport="udp" if number == 3 else "tcp",
        auth="digest" if number % 2 else "basic",
        username="admin",
        model="generic-d1",
        stream=Stream(width=704, height=576, fps=10, bitrate=256_000),
        **facts,
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
