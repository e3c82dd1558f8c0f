"""A fleet on the loopback: a PTZ camera, one with Profile T, one with sound and a wrong clock, one with flaws, and a
recorder; and a third party's ONVIF client."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, TypeVar

from onvif import ONVIFCamera

from citycam.model.camera import Auth, Camera, Stream
from citycam.model.credentials import camera_password
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media
from simulators.profiles.profile import load_profile

KEY = b"a-key-of-this-test"
SMALL = Stream(width=352, height=288, fps=10, bitrate=256_000)
T = TypeVar("T")


@dataclass
class Stand:
    """The fleet and its cameras."""

    fleet: FleetClient
    cameras: list[Camera]
    root: Path
    http: int
    discovery: int
    telnet: int

    def of(self, model: str) -> list[Camera]:
        """The cameras of a model."""
        return [camera for camera in self.cameras if camera.model == model]

    def password(self, camera: Camera) -> str:
        return camera_password(KEY, camera.serial)

    def talk(
        self, camera: Camera, talk: Callable[[ONVIFCamera], Awaitable[T]], *, password: str = "", **about: Any
    ) -> T:
        """What a third-party client hears that has found the device's services; closed after."""

        async def run() -> T:
            client = ONVIFCamera(
                str(camera.address), self.http, camera.username, password or self.password(camera), **about
            )
            try:
                await client.update_xaddrs()
                return await talk(client)
            finally:
                await client.close()

        return asyncio.run(run())


def _cameras(port: int, first: int) -> list[Camera]:
    wanted = [("sony-network", 1), ("uniview-network", 1), ("exposed-network", 1), ("tp-link-network", 1)]
    wanted += [("hikvision-recorder", channel) for channel in (1, 2, 3)]
    made = []
    for camera, (model, channel) in zip(loopback_cameras(len(wanted), port, SMALL), wanted, strict=True):
        profile = load_profile(model)
        recorder = profile.channels > 1
        about = {
            "address": IPv4Address(first + (100 if recorder else camera.number)),
            "serial": "R000001" if recorder else camera.serial,
            "path": profile.paths.of(channel),
            "auth": Auth.DIGEST,
            "model": model,
        }
        made.append(camera.model_copy(update=about))
    return made


def footage(folder: Path) -> Path:
    """Four seconds of a picture that changes all the time."""
    video = folder / "footage.mp4"
    source = "testsrc2=size=352x288:rate=10:duration=4"
    subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264", str(video)], check=True
    )
    return video


@contextmanager
def standing(folder: Path, video: Path, cache: Path, discovery: int, network: str = "127.19.0.0") -> Iterator[Stand]:
    """The fleet in a process of its own, until the block ends."""
    root = folder / "root"
    root.mkdir(parents=True)
    port, http, telnet = free_port(), free_port(), free_port()
    cameras = _cameras(port, int(IPv4Address(network)))
    prepare_media(cameras, video, cache, root / "media")
    options = [f"--http-port={http}", f"--discovery-port={discovery}", f"--telnet-port={telnet}"]
    with (folder / "fleet.log").open("wb") as log, running_fleet(root, port, KEY, log, options) as fleet:
        fleet.set_cameras(cameras)
        yield Stand(fleet, cameras, root, http, discovery, telnet)
