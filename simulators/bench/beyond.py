"""Beyond one send a frame: what other system calls would save (`native/beyond.c`), by TCP and by UDP."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from citycam.model.errors import EnvironmentFailure
from citycam.model.figure import Figure
from simulators.bench.native import compiled
from simulators.bench.plan import HD, SD
from simulators.bench.processes import cores
from simulators.bench.reel import Reel
from simulators.fleet.cohort import slots

MODES = {
    "tcp": "TCP, one sendmsg a frame",
    "uring": "TCP, one io_uring_enter a slot",
    "sqpoll": "TCP, io_uring with a kernel thread that polls",
    "udp": "UDP, one sendmsg a packet",
    "mmsg": "UDP, one sendmmsg a frame",
    "gso": "UDP, segmented by the kernel (GSO)",
}
_SECONDS = 40
_HD_SHARE = 4
"""HD frames are so many times as large, so there are so many times fewer cameras."""


class Sent(NamedTuple):
    """What a run of `beyond.c` writes. CPU in ns; `received` in bytes by TCP, in packets by UDP."""

    cpu_ns: int
    frames: int
    calls: int
    refused: int
    reader_cpu_ns: int
    received: int


def send(mode: str, reel: Reel, frames: Path, cameras: int, seconds: float) -> Sent:
    """Send for so long on one core, read on the other.

    Raises:
        EnvironmentFailure: the kernel refuses the calls of this mode.
    """
    fps = reel.stream.fps
    numbers = [cameras, fps, slots(fps), seconds, *cores()]
    command = [str(compiled("beyond")), mode, str(frames), *map(str, numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentFailure(f"no frame can be sent by {mode}", why=done.stderr.strip())
    return Sent(*map(int, done.stdout.split()))


def run_beyond(cameras: int, rounds: int, tell: Callable[[str], None], seconds: float = 5.0) -> list[Figure]:
    """CPU a frame of every mode, for SD cameras and for a quarter of them in HD; the order changes every round.

    Raises:
        EnvironmentFailure: ffmpeg or a compiler is missing.
    """
    figures: list[Figure] = []
    for name, stream, count in (("SD", SD, cameras), ("HD", HD, max(1, cameras // _HD_SHARE))):
        found: dict[str, list[Sent]] = {mode: [] for mode in MODES}
        with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
            reel, frames = Reel(stream, Path(folder)), Path(folder) / "frames"
            reel.frames(frames, _SECONDS)
            for number in range(rounds):
                for mode in list(found) if number % 2 == 0 else list(reversed(found)):
                    try:
                        sent = send(mode, reel, frames, count, seconds)
                    except EnvironmentFailure as error:
                        tell(f"{name} {mode}: {error}".replace(os.linesep, " "))
                        continue
                    found[mode].append(sent)
                    tell(f"{name} {mode}: {sent.cpu_ns / sent.frames / 1000:.2f} µs a frame")
        figures += _figures(f"{count:,} {name} cameras", found)
    return figures


def _figures(what: str, found: dict[str, list[Sent]]) -> list[Figure]:
    """Each mode beside the plain one of its transport."""
    figures: list[Figure] = []
    for mode, runs in found.items():
        plain = "udp" if mode in ("udp", "mmsg", "gso") else "tcp"
        if not runs:
            continue
        beside = found[plain] if mode != plain else []
        figures.append(
            Figure(
                f"{what}: {MODES[mode]}: CPU per frame, {runs[0].calls / runs[0].frames:.2g} calls",
                "µs",
                tuple(run.cpu_ns / run.frames / 1000 for run in runs),
                peer=MODES[plain] if beside else "",
                peer_runs=tuple(run.cpu_ns / run.frames / 1000 for run in beside),
            )
        )
    return figures
