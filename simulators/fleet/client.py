"""Talk to a running fleet through its control socket, without asyncio."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from citycam.model.camera import Camera
from citycam.model.errors import EnvironmentFailure
from simulators.fleet.http import Answer, accepted
from simulators.fleet.merged import copy_ledger


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("fleet", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class FleetClient:
    """One fleet, of however many processes.

    Every call raises `EnvironmentFailure` if the fleet does not answer or cannot, and `ConfigError` if it refuses.

    Args:
        control_socket: `<root>/control.sock`.
        timeout: seconds to wait for any answer.
    """

    def __init__(self, control_socket: Path, timeout: float = 60.0) -> None:
        self._path = control_socket
        self._timeout = timeout

    def health(self) -> bool:
        """Whether the fleet answers; never raises."""
        try:
            return bool(self._call("GET", "/health").get("ok"))
        except EnvironmentFailure:
            return False

    def set_cameras(self, cameras: Iterable[Camera], ramp_s: float = 0.0) -> dict[str, int]:
        """Make the fleet consist of these cameras; unchanged ones go on undisturbed. Counts of added and removed.

        New ones are switched on evenly over `ramp_s` seconds.
        """
        listed = [camera.model_dump(mode="json") for camera in cameras]
        return self._call("PUT", "/cameras", {"cameras": listed, "ramp_s": ramp_s})

    def status(self) -> dict[str, Any]:
        """Cameras, sessions, frames, lateness, CPU and memory; see `Fleet.status`. Several processes are added up."""
        return self._call("GET", "/status")

    def counts(self) -> list[dict[str, Any]]:
        """Of each process when it started, its CPU time, and frames of this ledger by how late they left.

        See `Fleet.count`.
        """
        return list(self._call("GET", "/counts")["processes"])

    def new_ledger(self, run: str) -> str:
        """Begin a ledger for `run`; its path under the fleet's root, where it is if the fleet is one process."""
        return str(self._call("POST", "/ledger", {"run": run})["ledger"])

    def flush_ledger(self) -> int:
        """Bring the ledger up to now; the instant (ns) up to which it is complete."""
        return int(self._call("POST", "/ledger/flush")["through_ns"])

    def copy_ledger(self, destination: Path, run: str | None = None) -> int:
        """Flush the ledger, and bring that of `run` or the current one to `destination`, several processes' merged.

        The instant (ns) up to which the current one is complete.
        """
        through_ns = self.flush_ledger()
        copy_ledger(self._path.parent, run or Path(self.status()["ledger"]).stem, destination)
        return through_ns

    def start_fault(self, kind: str, cameras: Iterable[str], **parameters: Any) -> None:
        """Apply a fault to cameras: `start_fault("drop-frames", ["cam-000001"], every=50)`."""
        self._call("POST", "/faults", {"kind": kind, "cameras": list(cameras), **parameters})

    def play(self, strikes: Iterable[tuple[float, dict[str, Any]]]) -> None:
        """Let each fault (as `start_fault` sends it) strike so many seconds from now; the fleet keeps the time."""
        listed = [{"after": after, "fault": fault} for after, fault in strikes]
        self._call("POST", "/timeline", {"strikes": listed})

    def faults(self) -> dict[str, Any]:
        """`faults` in force, and those `ahead` with the seconds until then."""
        return self._call("GET", "/faults")

    def clear_faults(self) -> None:
        """End every fault; none that was to come comes."""
        self._call("DELETE", "/faults")

    def end(self) -> None:
        """End the fleet in order; its ledgers are closed soon after the answer."""
        self._call("POST", "/end")

    def _call(self, method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps(document).encode() if document is not None else None
        connection = _UnixConnection(self._path, self._timeout)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise EnvironmentFailure(
                "the fleet does not answer",
                where=str(self._path),
                why=f"{method} {path}: {type(error).__name__}: {error}",
                next="see whether the fleet runs, and its log",
            ) from error
        finally:
            connection.close()
        return accepted(answer, f"fleet {path}")
