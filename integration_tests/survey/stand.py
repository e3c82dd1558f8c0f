"""A fleet on the loopback that is surveyed by the command line, and what it says of its callers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from citycam.inventory.roster import dump_csv
from citycam.inventory.survey.visit import Visit
from citycam.model.camera import Auth, Camera, Stream
from citycam.model.credentials import camera_password
from integration_tests.command import Ended, citycam
from simulators.fleet.bench import free_port, loopback_cameras, running_fleet
from simulators.fleet.client import FleetClient
from simulators.media.clip import read_clip
from simulators.media.library import MediaSet, prepare_media
from simulators.profiles.profile import load_profile

KEY = b"a-key-of-this-test"
SMALL = Stream(width=704, height=576, fps=10, bitrate=256_000)
CHANNELS = 2
"""Of each recorder."""


@dataclass
class Stand:
    """The fleet, its cameras, and a folder for the files of surveys."""

    fleet: FleetClient
    cameras: list[Camera]
    folder: Path
    network: str
    ports: dict[str, int]
    media: MediaSet
    wrong: dict[str, str] = field(default_factory=dict)
    """Addresses → passwords that are given in place of the right ones."""

    @property
    def out(self) -> Path:
        return self.folder / "survey.jsonl"

    def arguments(self, *more: str, inventory: Sequence[Camera] | None = None) -> list[str]:
        """A call of the survey; its files are written."""
        services = [{"port": port, "kind": kind} for kind, port in self.ports.items()]
        (self.folder / "services.yaml").write_text(json.dumps({"schema_version": 1, "services": services}))
        accounts = self.folder / "accounts.csv"
        lines = ["address,username,password"]
        for camera in {str(camera.address): camera for camera in self.cameras}.values():
            password = self.wrong.get(str(camera.address), camera_password(KEY, camera.serial))
            lines.append(f"{camera.address},{camera.username},{password}")
        accounts.write_text("\n".join(lines) + "\n")
        accounts.chmod(0o600)
        call = ["inventory", "survey", "--network", self.network, "--out", str(self.out)]
        call += ["--accounts", str(accounts), "--services", str(self.folder / "services.yaml")]
        if inventory is not None:
            (self.folder / "roster.csv").write_text(dump_csv(inventory))
            call += ["--inventory", str(self.folder / "roster.csv")]
        return [*call, *more]

    def survey(self, *more: str, inventory: Sequence[Camera] | None = None) -> Ended:
        """Survey to the end."""
        return citycam(*self.arguments(*more, inventory=inventory))

    def visits(self) -> dict[str, Visit]:
        """What the file holds."""
        lines = [json.loads(line) for line in self.out.read_text().splitlines()]
        found = [Visit.model_validate(line["visit"]) for line in lines if "visit" in line]
        return {str(visit.address): visit for visit in found}

    def bit_rates(self, camera: Camera) -> list[float]:
        """What the camera sends at some hour of the day: the sizes of its pictures."""
        found = []
        for name in self.media.clips_of(camera):
            clip = read_clip(self.folder / "root" / "media" / name)
            sets = sum(map(len, clip.sets))
            for reel in clip.reels:
                size = sum(sets * unit.key + sum(map(len, unit.slices)) for unit in reel)
                found.append(8 * size * clip.fps / len(reel))
        return found

    def callers(self) -> dict[str, Any]:
        """Numbers of devices, by most connections at once and by refused logins."""
        status = self.fleet.status()
        return {name: status[name] for name in ("devices_by_most_connections", "devices_by_refused_logins")}


def cameras_of(models: Iterable[str], port: int, network: str) -> list[Camera]:
    """A device of each model, at one address after another; recorders have `CHANNELS`."""
    wanted = []
    for number, model in enumerate(models, 1):
        profile = load_profile(model)
        wanted += [(number, profile, channel) for channel in range(1, min(CHANNELS, profile.channels) + 1)]
    first = int(IPv4Address(network))
    found = []
    for camera, (number, profile, channel) in zip(loopback_cameras(len(wanted), port), wanted, strict=True):
        codec = profile.encoding.codecs[0]
        rate = 800_000 if codec == "mjpeg" else SMALL.bitrate
        about = {
            "address": IPv4Address(first + number),
            "serial": f"S{number:06d}",
            "mac": f"02:00:5e:00:00:{number:02x}",
            "path": profile.paths.of(channel),
            "auth": Auth(profile.auth[0]),
            "model": profile.model,
            "stream": SMALL.model_copy(update={"codec": codec, "bitrate": rate}),
        }
        found.append(camera.model_copy(update=about))
    return found


@contextmanager
def standing(
    folder: Path, models: Iterable[str], video: Path, cache: Path, network: str, prefix: int = 26
) -> Iterator[Stand]:
    """The fleet in a process of its own, until the block ends."""
    root = folder / "root"
    root.mkdir(parents=True)
    ports = {name: free_port() for name in ("rtsp", "http", "rtsps", "telnet", "discovery")}
    cameras = cameras_of(models, ports["rtsp"], network)
    media = prepare_media(cameras, video, cache, root / "media")
    options = [f"--{name}-port={port}" for name, port in ports.items() if name != "rtsp"]
    with (folder / "fleet.log").open("wb") as log, running_fleet(root, ports["rtsp"], KEY, log, options) as fleet:
        fleet.set_cameras(cameras)
        yield Stand(fleet, cameras, folder, f"{network}/{prefix}", ports, media)
