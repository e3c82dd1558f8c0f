"""Start a fleet as a process, and see it answer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from citycam.model.errors import ConfigError, EnvironmentFailure, ExitCode
from simulators.fleet.client import FleetClient
from simulators.fleet.ports import Ports

_PATIENCE_S = 30.0
_LAST_LINES = 12


@dataclass(frozen=True)
class Launch:
    """How a fleet is started. Its log goes to `<root>/fleet.log`."""

    root: Path
    ports: Ports
    key_file: Path
    processes: int = 1
    metrics: str = ""
    """host:port; empty for none."""
    detached: bool = False
    """Whether it outlives who started it."""

    @property
    def log(self) -> Path:
        """What the fleet says."""
        return self.root / "fleet.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and wait until it answers.

        Raises:
            ConfigError: it ended, since something it was told is wrong.
            EnvironmentFailure: it ended or does not answer.
        """
        ports = self.ports
        command = [
            *(sys.executable, "-m", "simulators.fleet", f"--root={self.root}", f"--key-file={self.key_file}"),
            *(f"--port={ports.rtsp}", f"--rtsps-port={ports.rtsps}", f"--http-port={ports.http}"),
            *(f"--discovery-port={ports.discovery}", f"--telnet-port={ports.telnet}"),
            *(f"--processes={self.processes}", f"--metrics={self.metrics}"),
            *(() if self.detached else (f"--parent={os.getpid()}",)),
        ]
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for who started it, who ends it in order
            )
        try:
            self._await_answer(process)
        except BaseException:
            end(process)
            raise
        return process

    def failure(self, process: subprocess.Popen[bytes]) -> ConfigError | EnvironmentFailure:
        """Why a process that has ended did, by its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        kind = ConfigError if process.returncode == ExitCode.CONFIG else EnvironmentFailure
        return kind(
            f"the fleet ended with exit code {process.returncode}",
            where=str(self.log),
            why="\n        ".join(lines),
            next="correct what its log says",
        )

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        client = FleetClient(self.root / "control.sock")
        deadline = time.monotonic() + _PATIENCE_S
        while not client.health():
            if process.poll() is not None:
                raise self.failure(process)
            if time.monotonic() > deadline:
                raise EnvironmentFailure(
                    "the fleet does not answer",
                    where=str(self.root),
                    why=f"waited {_PATIENCE_S:.0f} s",
                    next="see its log",
                )
            time.sleep(0.05)


def end(process: subprocess.Popen[bytes], patience_s: float = 20.0) -> None:
    """End a fleet in order; kill it if it does not."""
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
