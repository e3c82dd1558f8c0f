"""Our fleet, in one process."""

from __future__ import annotations

import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citycam.model.credentials import camera_password
from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from simulators.bench.load import Account, Load, Serving
from simulators.bench.processes import on_core
from simulators.bench.target import Target
from simulators.fleet.bench import free_port, loopback_cameras
from simulators.fleet.client import FleetClient

_PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class OurFleet:
    """`marked`: as it is; else without watermarks, see `unmarked.py`."""

    marked: bool = True

    @property
    def name(self) -> str:
        """See `Peer`."""
        return "fleet" if self.marked else "fleet, no watermark"

    @property
    def numbered(self) -> bool:
        """See `Peer`."""
        return self.marked

    @contextmanager
    def serve(self, load: Load) -> Iterator[Serving]:
        """See `Peer`. Half of the cameras ask for Basic, half for Digest."""
        key, port = secrets.token_hex(16).encode(), free_port()
        cameras = loopback_cameras(load.cameras, port, load.reel.stream)
        root = load.folder / "root"
        root.mkdir()
        (root / "media").symlink_to(load.reel.media)
        module = "simulators.fleet" if self.marked else "simulators.bench.unmarked"
        with _process(module, root, port, key, load.core) as (fleet, pid):
            fleet.set_cameras(cameras)
            targets = [
                Target(str(camera.address), port, camera.path, camera.username, camera_password(key, camera.serial))
                for camera in cameras
            ]
            yield Serving((pid,), tuple(targets), _Accounts(fleet).next)


@contextmanager
def _process(module: str, root: Path, port: int, key: bytes, core: int) -> Iterator[tuple[FleetClient, int]]:
    (root / "key").write_bytes(key)
    command = [sys.executable, "-m", module, "--root", str(root), "--port", str(port)]
    command += ["--key-file", str(root / "key"), "--metrics", "127.0.0.1:0", "--log-level", "WARNING"]
    fleet = FleetClient(root / "control.sock")
    with subprocess.Popen(on_core(core, command)) as process:
        try:
            deadline = time.monotonic() + _PATIENCE_S
            while not fleet.health():
                if process.poll() is not None:
                    raise EnvironmentFailure("the fleet ended", why=f"exit code {process.returncode}")
                if time.monotonic() > deadline:
                    raise DeadlineExceeded("the fleet does not answer", why=f"waited {_PATIENCE_S:.0f} s")
                time.sleep(0.05)
            yield fleet, process.pid
        finally:
            process.terminate()


class _Accounts:
    """What a fleet says of itself, one look after the other."""

    def __init__(self, fleet: FleetClient) -> None:
        self._fleet = fleet
        self._bins: dict[int, int] = {}

    def next(self) -> Account:
        """Frames that were not sent so far, and lateness since the last look."""
        lateness_ms = percentile_ms(self._since(), 0.99)
        self._fleet.flush_ledger()
        unsent = self._fleet.status()["frames_dropped"]
        # To answer the two questions above takes a fleet of thousands some milliseconds: those do not count.
        time.sleep(0.25)
        self._since()
        return Account(unsent, lateness_ms)

    def _since(self) -> dict[int, int]:
        bins = {int(place): count for place, count in self._fleet.counts()[0]["bins"].items()}
        since = {place: count - self._bins.get(place, 0) for place, count in bins.items()}
        self._bins = bins
        return since


def percentile_ms(bins: dict[int, int], share: float) -> float | None:
    """The upper edge of the bin (0.1 ms each) in which `share` of all counts is reached; None if there are none."""
    wanted, seen = share * sum(bins.values()), 0
    for place, count in sorted(bins.items()):
        seen += count
        if seen >= wanted > 0:
            return (place + 1) / 10
    return None
