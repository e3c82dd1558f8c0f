"""The control API of a fleet in one process, with routes beside that a supervisor has for its shards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulators import faults
from simulators.fleet.api import TEXT, Api, admit, read_ramp
from simulators.fleet.fleet import Fleet
from simulators.fleet.http import Answer, read_json
from simulators.rtsp.device import devices


def _nothing() -> None:
    pass


class Control(Api):
    """Does what is asked with the fleet in this process."""

    def __init__(self, fleet: Fleet, end: Callable[[], None] = _nothing) -> None:
        super().__init__(end)
        self._fleet = fleet
        self._wanted: frozenset[str] = frozenset()
        self.routes |= {
            ("PUT", "/devices"): self._put_devices,
            ("POST", "/faults/checked"): self._post_checked,
            ("GET", "/metrics"): self._get_metrics,
        }

    async def status(self) -> dict[str, Any]:
        """See `Api`."""
        return self._fleet.status()

    async def counts(self) -> list[dict[str, Any]]:
        """See `Api`."""
        return [self._fleet.count()]

    async def metrics_text(self) -> str:
        """See `Api`."""
        return self._fleet.metrics()

    async def replace(self, cameras: Any, ramp_s: float) -> dict[str, int]:
        """See `Api`."""
        return self._consist(await admit(cameras, str(self._fleet.root / "media"), self._fleet.ports), ramp_s)

    async def begin_run(self, run: str) -> str:
        """See `Api`."""
        return f"ledger/{self._fleet.begin_run(run).name}"

    async def flush(self) -> int:
        """See `Api`."""
        return await self._fleet.checkpoint()

    def unknown(self, cameras: frozenset[str]) -> list[str]:
        """See `Api`. A camera that is yet to be switched on is known: its fault waits for it."""
        return sorted(cameras - self._fleet.cameras.keys() - self._wanted)

    def clip_of(self, camera: str) -> str | None:
        """See `Api`."""
        state = self._fleet.cameras.get(camera)
        return None if state is None else state.stream.feed.clip

    async def faults(self) -> list[dict[str, Any]]:
        """See `Api`."""
        return [fault.as_dict() for fault in self._fleet.faults]

    async def strike(self, record: dict[str, Any]) -> None:
        """See `Api`."""
        fault = faults.parse(record)
        self._fleet.check(fault)
        self._fleet.apply(fault)

    async def heal(self) -> None:
        """See `Api`."""
        self._fleet.heal()

    async def _put_devices(self, body: bytes) -> Any:
        """Cameras that were admitted already."""
        wish = read_json(body)
        async with self._changing:
            return self._consist(wish, read_ramp(wish))

    def _consist(self, admitted: dict[str, Any], ramp_s: float) -> dict[str, int]:
        wanted = devices(admitted)
        changes = self._fleet.replace(wanted, ramp_s)
        self._wanted = frozenset(device.id for device in wanted)
        return changes

    async def _post_checked(self, body: bytes) -> Any:
        """A fault that was checked already, against the cameras of all shards."""
        await self.strike(read_json(body))
        return {}

    async def _get_metrics(self, _body: bytes) -> Any:
        return Answer(200, self._fleet.metrics().encode(), TEXT)
