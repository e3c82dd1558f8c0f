"""What a fleet costs.

A fleet process sends D1 cameras (10 fps, 256 kb/s, TCP on loopback) to a discarding reader in another process; CPU,
memory and lateness are what the fleet's own status says between two marks.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, NamedTuple

from citycam.model.camera import Auth, Camera, Stream, camera_id
from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from citycam.model.figure import Bar, Figure
from citycam.model.workspace import cache_folder
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

FIRST_ADDRESS = int(IPv4Address("127.18.0.1"))
SD = Stream(width=704, height=576, fps=10, bitrate=256_000)


class Cost(NamedTuple):
    """Of one run: µs of CPU a frame, kB a camera (all in, and beyond the empty process), ms, s until all played."""

    cpu_us: float
    rss_kb: float
    own_kb: float
    lateness_ms: float
    start_s: float


def loopback_cameras(count: int, port: int, stream: Stream = SD) -> list[Camera]:
    """Cameras with an address each in 127.0.0.0/8, half of them Basic, half Digest."""
    return [
        Camera(
            id=camera_id(number),
            serial=f"B{number:06d}",
            mac="02:00:00:" + ":".join(f"{byte:02x}" for byte in number.to_bytes(3, "big")),
            agency="bench",
            ward_code=1,
            ward="bench",
            site="bench",
            latitude=21.0,
            longitude=105.8,
            address=IPv4Address(FIRST_ADDRESS + number),
            port=port,
            path="/Streaming/Channels/101",
            auth=Auth.BASIC if number % 2 else Auth.DIGEST,
            username="admin",
            model="generic-d1",
            stream=stream,
        )
        for number in range(1, count + 1)
    ]


def free_port() -> int:
    """A TCP port that is free on every address now."""
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def running_fleet(
    root: Path, port: int, key: bytes, log: IO[bytes] | int | None = None, options: Sequence[str] = ()
) -> Iterator[FleetClient]:
    """A fleet in a process of its own until the block ends; `options` are further ones of its command line.

    Raises:
        EnvironmentFailure: it ended instead of answering.
        DeadlineExceeded: it does not answer within 20 s.
    """
    (root / "key").write_bytes(key)
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "simulators.fleet", "--root", str(root), "--port", str(port)),
            *("--key-file", str(root / "key"), "--metrics", "127.0.0.1:0", "--log-level", "WARNING"),
            *options,
        ],
        stderr=log,
    )
    client = FleetClient(root / "control.sock")
    try:
        deadline = time.monotonic() + 20
        while not client.health():
            if process.poll() is not None:
                raise EnvironmentFailure("the fleet ended", why=f"exit code {process.returncode}", next="see its log")
            if time.monotonic() > deadline:
                raise DeadlineExceeded("the fleet does not answer", where=str(root), why="waited 20 s")
            time.sleep(0.05)
        yield client
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def draining(cameras: list[Camera], key: bytes) -> Iterator[float]:
    """A discarding reader of all cameras until the block ends; gives the seconds it took until all had answered PLAY.

    Raises:
        EnvironmentFailure: a camera refused.
    """
    request = {"cameras": [camera.model_dump(mode="json") for camera in cameras], "key": key.hex()}
    command = [sys.executable, "-m", "simulators.fleet.drain"]
    started = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise EnvironmentFailure("the reader has no pipes")
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        if not process.stdout.readline().startswith("playing"):
            raise EnvironmentFailure("the discarding reader failed", why="see its message above")
        try:
            yield time.monotonic() - started
        finally:
            process.stdin.close()
            process.wait(20)


def measure(count: int, seconds: float) -> Cost:
    """Run `count` cameras for `seconds` and say what they cost."""
    key = secrets.token_hex(16).encode()
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        root = Path(folder)
        cameras = loopback_cameras(count, port)
        prepare_media(cameras, None, cache_folder(), root / "media")
        with running_fleet(root, port, key) as fleet:
            empty = fleet.status()["rss_bytes"]
            fleet.set_cameras(cameras)
            with draining(cameras, key) as start_s:
                _await_playing(fleet, count)
                fleet.new_ledger("bench")  # lateness is counted from here
                before = fleet.status()
                time.sleep(seconds)
                after = fleet.status()
    frames = after["frames_sent"] - before["frames_sent"]
    lost = after["frames_dropped"] - before["frames_dropped"]
    if lost or not frames:
        raise EnvironmentFailure(f"{frames} frames sent, {lost} lost: what they cost means nothing", where="fleet")
    return Cost(
        (after["cpu_seconds"] - before["cpu_seconds"]) / frames * 1e6,
        after["rss_bytes"] / count / 1000,
        (after["rss_bytes"] - empty) / count / 1000,
        after["lateness_ms"]["p99"],
        start_s,
    )


def figures(count: int = 400, seconds: float = 30, runs: int = 3) -> list[Figure]:
    """Measure `runs` times, each with a new fleet."""
    with awake():
        cost_us, rss_kb, own_kb, lateness_ms, start_s = zip(
            *(measure(count, seconds) for _ in range(runs)), strict=True
        )
    what = f"fleet, {count} D1 cameras at 10 fps and 256 kb/s"
    return [
        Figure(f"{what}: CPU per frame sent", "µs", cost_us, Bar(25)),
        Figure(f"{what}: RSS per camera, all in", "kB", rss_kb, Bar(60)),
        Figure(f"{what}: RSS per camera, beyond the empty process", "kB", own_kb),
        Figure(f"{what}: p99 send lateness", "ms", lateness_ms, Bar(10)),
        Figure(f"{what}: until all play", "s", start_s),
    ]


@contextmanager
def awake() -> Iterator[None]:
    """Keep the cores from sleeping: waking a virtual one is charged to whoever sends, and no loaded machine sleeps."""
    spin = "import os; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile os.getppid() != 1: pass"
    spinners = [subprocess.Popen([sys.executable, "-c", spin]) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def _await_playing(fleet: FleetClient, count: int) -> None:
    deadline = time.monotonic() + 30
    while (playing := fleet.status()["playing"]) < count:
        if time.monotonic() > deadline:
            raise DeadlineExceeded("not every camera plays", why=f"{playing} of {count} after 30 s")
        time.sleep(0.1)
