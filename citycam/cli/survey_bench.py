"""What a survey of a whole fleet takes, and what the fleet says of how it was treated."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import tempfile
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, NamedTuple

from citycam.inventory.roster import dump_csv
from citycam.model.camera import Camera
from citycam.model.credentials import camera_password
from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import cache_folder
from simulators.fleet.bench import free_port, running_fleet
from simulators.media.library import prepare_media
from simulators.mixes.mix import load_mix, mixed_cameras

NETWORK = IPv4Network("127.30.0.0/21")
RATE = 500
"""Connections a second, all devices together."""


class Run(NamedTuple):
    """Of one survey: s from call to answer, streams measured, most connections at a device, devices refusing twice."""

    seconds: float
    measured: int
    connections: int
    locked: int


def figures(cameras: int = 2000, runs: int = 3) -> list[Figure]:
    """Survey a fleet of the assumed city, by the command line, each time with a new fleet.

    Raises:
        EnvironmentFailure: a survey failed.
    """
    seconds, measured, connections, locked = zip(*(_run(cameras) for _ in range(runs)), strict=True)
    what = f"survey of {cameras:,} simulated cameras"
    return [
        Figure(f"{what}, {NETWORK.num_addresses - 2:,} addresses", "s", seconds, Bar(60)),
        Figure(f"{what}: streams received and measured", "cameras", measured, Bar(cameras, "more")),
        Figure(f"{what}: most connections a device had at once", "connections", connections, Bar(2)),
        Figure(f"{what}: devices that were shown a wrong login twice", "devices", locked, Bar(0)),
    ]


def _run(count: int) -> Run:
    key = secrets.token_hex(16).encode()
    ports = {name: free_port() for name in ("rtsp", "http", "rtsps", "telnet", "discovery")}
    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        root = Path(folder)
        cameras = mixed_cameras(load_mix("hanoi.yaml"), count, 1, NETWORK, ports["rtsp"])
        prepare_media(cameras, None, cache_folder(), root / "media")
        arguments = _prepared(root, cameras, key, ports)
        options = [f"--{name}-port={port}" for name, port in ports.items() if name != "rtsp"]
        with running_fleet(root, ports["rtsp"], key, None, options) as fleet:
            fleet.set_cameras(cameras)
            began = time.monotonic()
            data = _survey(arguments)
            seconds = time.monotonic() - began
            status = fleet.status()
    return Run(
        seconds,
        data["measured"],
        max(map(int, status["devices_by_most_connections"])),
        sum(devices for logins, devices in status["devices_by_refused_logins"].items() if int(logins) > 1),
    )


def _prepared(root: Path, cameras: list[Camera], key: bytes, ports: dict[str, int]) -> list[str]:
    """The files of a call, and the call. Each device has a wrong account, which comes before the right one."""
    services = [{"port": port, "kind": kind} for kind, port in ports.items()]
    (root / "services.yaml").write_text(json.dumps({"schema_version": 1, "services": services}), encoding="utf-8")
    (root / "roster.csv").write_text(dump_csv(cameras), encoding="utf-8")
    accounts = root / "accounts.csv"
    accounts.touch(0o600)
    passwords = {str(one.address): (one.username, camera_password(key, one.serial)) for one in cameras}
    lines = [f"{address},guest,guest\n{address},{name},{password}" for address, (name, password) in passwords.items()]
    accounts.write_text("\n".join(["address,username,password", *lines]) + "\n", encoding="utf-8")
    files = {"out": "survey.jsonl", "inventory": "roster.csv", "accounts": "accounts.csv", "services": "services.yaml"}
    named = [text for option, name in files.items() for text in (f"--{option}", str(root / name))]
    return [*named, "--network", str(NETWORK), "--rate", str(RATE)]


def _survey(arguments: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "citycam", "inventory", "survey", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"the survey ended with {done.returncode}", why=done.stderr.strip()[-500:])
    data: dict[str, Any] = json.loads(done.stdout)["data"]
    return data
