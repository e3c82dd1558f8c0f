"""What a fleet costs: `python -m simulators.fleet.bench --cameras 400 --seconds 30` prints JSON.

A fleet process sends D1 cameras (10 fps, 256 kb/s, TCP on loopback) to a discarding reader in another process; CPU,
memory and lateness are what the fleet's own status says between two marks.
"""

from __future__ import annotations

import argparse
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import IO, Any

from citycam.model.camera import Auth, Camera, Stream, camera_id
from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from citycam.model.workspace import cache_folder
from simulators.fleet.client import FleetClient
from simulators.media.library import prepare_media

FIRST_ADDRESS = int(IPv4Address("127.18.0.1"))
SD = Stream(width=704, height=576, fps=10, bitrate=256_000)


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
def running_fleet(root: Path, port: int, key: bytes, log: IO[bytes] | int | None = None) -> Iterator[FleetClient]:
    """A fleet in a process of its own until the block ends.

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


def measure(count: int, seconds: float) -> dict[str, Any]:
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
                fleet.new_ledger("bench")
                fleet.flush_ledger()
                before, began = fleet.status(), time.monotonic()
                time.sleep(seconds)
                fleet.flush_ledger()
                after, took = fleet.status(), time.monotonic() - began
    frames = after["frames_sent"] - before["frames_sent"]
    cpu = after["cpu_seconds"] - before["cpu_seconds"]
    return {
        "cameras": count,
        "seconds": round(took, 2),
        "start_seconds": round(start_s, 2),
        "frames_sent": frames,
        "frames_expected": round(count * SD.fps * took),
        "frames_dropped": after["frames_dropped"] - before["frames_dropped"],
        "frames_late": after["frames_late"] - before["frames_late"],
        "cpu_us_per_frame": round(cpu / frames * 1e6, 2),
        "cpu_percent": round(100 * cpu / took, 1),
        "rss_bytes": after["rss_bytes"],
        "rss_bytes_per_camera": round(after["rss_bytes"] / count),
        "rss_bytes_per_camera_marginal": round((after["rss_bytes"] - empty) / count),
        "lateness_ms": after["lateness_ms"],
    }


def _await_playing(fleet: FleetClient, count: int) -> None:
    deadline = time.monotonic() + 30
    while (playing := fleet.status()["playing"]) < count:
        if time.monotonic() > deadline:
            raise DeadlineExceeded("not every camera plays", why=f"{playing} of {count} after 30 s")
        time.sleep(0.1)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m simulators.fleet.bench", description=__doc__)
    parser.add_argument("--cameras", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    sys.stdout.write(json.dumps(measure(options.cameras, options.seconds), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
