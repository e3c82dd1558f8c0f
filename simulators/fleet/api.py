"""The control API on `<root>/control.sock`, and the metrics port. One process answers, or a supervisor of several.

See `simulators.fleet.client` for what each call means.
"""

from __future__ import annotations

import asyncio
import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators import faults
from simulators.faults.stream_change import with_clip
from simulators.fleet.http import Answer, as_json, read_json
from simulators.fleet.ports import Ports
from simulators.fleet.schedule import Schedule

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Api(ABC):
    """Reads requests and hands them on; what is left to do is abstract.

    Args:
        end: ends the fleet, in order.
    """

    def __init__(self, end: Callable[[], None]) -> None:
        self._end = end
        self._changing = asyncio.Lock()
        self._schedule = Schedule(self.strike)
        self.routes: dict[tuple[str, str], Callable[[bytes], Awaitable[Any]]] = {
            ("GET", "/health"): self._get_health,
            ("GET", "/status"): self._get_status,
            ("GET", "/counts"): self._get_counts,
            ("PUT", "/cameras"): self._put_cameras,
            ("POST", "/ledger"): self._post_ledger,
            ("POST", "/ledger/flush"): self._post_flush,
            ("GET", "/faults"): self._get_faults,
            ("POST", "/faults"): self._post_fault,
            ("DELETE", "/faults"): self._delete_faults,
            ("POST", "/timeline"): self._post_timeline,
            ("POST", "/end"): self._post_end,
        }

    @abstractmethod
    async def status(self) -> dict[str, Any]:
        """Figures of the whole fleet."""

    @abstractmethod
    async def counts(self) -> list[dict[str, Any]]:
        """What each process counts of itself, see `Fleet.count`."""

    @abstractmethod
    async def metrics_text(self) -> str:
        """Prometheus text of the whole fleet."""

    @abstractmethod
    async def replace(self, cameras: Any, ramp_s: float) -> dict[str, int]:
        """Make the fleet consist of these cameras."""

    @abstractmethod
    async def begin_run(self, run: str) -> str:
        """Begin a ledger; its path under the root."""

    @abstractmethod
    async def flush(self) -> int:
        """Bring the ledger up to now; up to when it is complete, in ns."""

    @abstractmethod
    def unknown(self, cameras: frozenset[str]) -> list[str]:
        """Which of these the fleet does not have."""

    @abstractmethod
    def clip_of(self, camera: str) -> str | None:
        """What a camera plays; None if there is no such camera."""

    @abstractmethod
    async def faults(self) -> list[dict[str, Any]]:
        """Those in force."""

    @abstractmethod
    async def strike(self, record: dict[str, Any]) -> None:
        """Apply a fault that `checked` let pass."""

    @abstractmethod
    async def heal(self) -> None:
        """End every fault."""

    async def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a request on the control socket."""
        route = self.routes.get((method, path))
        if route is None:
            known = any(path == other for _, other in self.routes)
            return as_json({"error": {"code": "NotFound", "what": f"no {method} {path}"}}, 405 if known else 404)
        found = await route(body)
        return found if isinstance(found, Answer) else as_json(found)

    async def metrics(self, method: str, path: str, _body: bytes) -> Answer:
        """Answer a request on the metrics port."""
        if path != "/metrics":
            return Answer(404, b"see /metrics\n", TEXT)
        if method != "GET":
            return Answer(405, b"only GET\n", TEXT)
        return Answer(200, (await self.metrics_text()).encode(), TEXT)

    def checked(self, record: Any) -> dict[str, Any]:
        """A fault that can be made and strikes cameras there are.

        Raises:
            ConfigError: it is none.
        """
        wish: dict[str, Any] = with_clip(record, self.clip_of) if isinstance(record, dict) else {"kind": record}
        fault = faults.parse(wish)
        if unknown := self.unknown(fault.cameras):
            raise ConfigError("the fleet has no such camera", where="cameras", why=", ".join(sorted(unknown)[:5]))
        return wish

    async def _get_health(self, _body: bytes) -> Any:
        return {"ok": True}

    async def _get_status(self, _body: bytes) -> Any:
        return await self.status()

    async def _get_counts(self, _body: bytes) -> Any:
        return {"processes": await self.counts()}

    async def _put_cameras(self, body: bytes) -> Any:
        wish = read_json(body)
        ramp_s = read_ramp(wish)
        async with self._changing:
            return await self.replace(wish.get("cameras"), ramp_s)

    async def _post_ledger(self, body: bytes) -> Any:
        run = read_json(body).get("run")
        if not isinstance(run, str):
            raise ConfigError("a ledger is named after its run", where="run", next='send {"run": "<id>"}')
        return {"ledger": await self.begin_run(run)}

    async def _post_flush(self, _body: bytes) -> Any:
        return {"through_ns": await self.flush()}

    async def _get_faults(self, _body: bytes) -> Any:
        return {"faults": await self.faults(), "ahead": self._schedule.ahead()}

    async def _post_fault(self, body: bytes) -> Any:
        await self.strike(self.checked(read_json(body)))
        return {"faults": await self.faults()}

    async def _delete_faults(self, _body: bytes) -> Any:
        self._schedule.cancel()
        await self.heal()
        return {"faults": []}

    async def _post_timeline(self, body: bytes) -> Any:
        listed = read_json(body).get("strikes")
        try:
            strikes = [(float(one["after"]), self.checked(one["fault"])) for one in listed or ()]
        except (TypeError, KeyError, ValueError) as error:
            raise ConfigError("a timeline is a list of faults, each after so many seconds", why=repr(error)) from error
        self._schedule.add(strikes)
        return {"ahead": len(strikes)}

    async def _post_end(self, _body: bytes) -> Any:
        asyncio.get_running_loop().call_later(0.05, self._end)  # the answer goes out first
        return {"ok": True}


def read_ramp(wish: dict[str, Any]) -> float:
    """How long switching on may take, in seconds.

    Raises:
        ConfigError: not 0 to 3600.
    """
    ramp_s = wish.get("ramp_s", 0.0)
    if not isinstance(ramp_s, int | float) or not 0 <= ramp_s <= 3600:
        raise ConfigError("a ramp is 0 to 3600 seconds long", where="ramp_s", why=f"found {ramp_s!r}")
    return float(ramp_s)


async def admit(cameras: Any, media: str, ports: Ports) -> dict[str, Any]:
    """`simulators.fleet.admission` in its own process: records for `simulators.rtsp.device.devices`.

    Raises:
        ConfigError: the cameras cannot be played.
        EnvironmentFailure: that could not be found out.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulators.fleet.admission"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    request = {"cameras": cameras, "media": media, "port": ports.rtsp}
    output, _ = await process.communicate(json.dumps(request).encode())
    try:
        answer = json.loads(output)
    except ValueError as error:
        raise EnvironmentFailure(
            "the cameras could not be validated", why=f"exit code {process.returncode}", next="see the fleet's log"
        ) from error
    if "error" in answer:
        found = answer["error"]
        raise ConfigError(found["what"], where=found["where"], why=found["why"], next=found["next"])
    admitted: dict[str, Any] = answer
    return admitted
