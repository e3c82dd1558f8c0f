"""Talk to a running fleet through its control socket, without asyncio."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from citycam.model.camera import Camera
from citycam.model.errors import ConfigError, EnvironmentFailure


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("fleet", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class FleetClient:
    """One fleet. Every call raises `EnvironmentFailure` if it does not answer and `ConfigError` if it refuses.

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
        """Cameras, sessions, frames, lateness, CPU and memory; see `Fleet.status`."""
        return self._call("GET", "/status")

    def new_ledger(self, run: str) -> str:
        """Begin a ledger for `run`; its path under the fleet's root."""
        return str(self._call("POST", "/ledger", {"run": run})["ledger"])

    def flush_ledger(self) -> int:
        """Bring the ledger up to now; the instant (ns) up to which it is complete."""
        return int(self._call("POST", "/ledger/flush")["through_ns"])

    def start_fault(self, kind: str, cameras: Iterable[str], **parameters: Any) -> None:
        """Apply a fault to cameras: `start_fault("drop-frames", ["cam-000001"], every=50)`."""
        self._call("POST", "/faults", {"kind": kind, "cameras": list(cameras), **parameters})

    def clear_faults(self) -> None:
        """End every fault."""
        self._call("DELETE", "/faults")

    def _call(self, method: str, path: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        body = json.dumps(document).encode() if document is not None else None
        connection = _UnixConnection(self._path, self._timeout)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise EnvironmentFailure(
                "the fleet does not answer",
                where=str(self._path),
                why=f"{method} {path}: {type(error).__name__}: {error}",
                next="see whether the fleet runs, and its log",
            ) from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            found = answer.get("error", {})
            why, remedy = found.get("why", ""), found.get("next", "")
            raise ConfigError(
                found.get("what", "refused"), where=f"fleet {path} {found.get('where', '')}", why=why, next=remedy
            )
        return answer
