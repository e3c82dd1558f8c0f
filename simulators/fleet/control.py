"""The control API on `<root>/control.sock`, and the metrics port."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators import faults
from simulators.fleet.fleet import Fleet
from simulators.fleet.http import Answer, as_json, read_json
from simulators.rtsp.device import devices

TEXT = "text/plain; version=0.0.4; charset=utf-8"


class Control:
    """Handlers of the control API; see `simulators.fleet.client` for what each call means."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._changing = asyncio.Lock()
        self._routes: dict[tuple[str, str], Callable[[bytes], Awaitable[Any]]] = {
            ("GET", "/health"): self._health,
            ("GET", "/status"): self._status,
            ("PUT", "/cameras"): self._cameras,
            ("POST", "/ledger"): self._ledger,
            ("POST", "/ledger/flush"): self._flush,
            ("POST", "/faults"): self._fault,
            ("DELETE", "/faults"): self._heal,
        }

    async def handle(self, method: str, path: str, body: bytes) -> Answer:
        """Answer a request on the control socket."""
        route = self._routes.get((method, path))
        if route is None:
            known = any(path == other for _, other in self._routes)
            return as_json({"error": {"code": "NotFound", "what": f"no {method} {path}"}}, 405 if known else 404)
        return as_json(await route(body))

    async def metrics(self, method: str, path: str, _body: bytes) -> Answer:
        """Answer a request on the metrics port."""
        if path != "/metrics":
            return Answer(404, b"see /metrics\n", TEXT)
        if method != "GET":
            return Answer(405, b"only GET\n", TEXT)
        return Answer(200, self._fleet.metrics().encode(), TEXT)

    async def _health(self, _body: bytes) -> Any:
        return {"ok": True}

    async def _status(self, _body: bytes) -> Any:
        return self._fleet.status()

    async def _cameras(self, body: bytes) -> Any:
        wish = read_json(body)
        cameras, ramp_s = wish.get("cameras"), wish.get("ramp_s", 0.0)
        if not isinstance(ramp_s, int | float) or not 0 <= ramp_s <= 3600:
            raise ConfigError("a ramp is 0 to 3600 seconds long", where="ramp_s", why=f"found {ramp_s!r}")
        async with self._changing:
            request = {"cameras": cameras, "media": str(self._fleet.root / "media"), "port": self._fleet.port}
            return self._fleet.replace(devices(await _admit(request)), ramp_s)

    async def _ledger(self, body: bytes) -> Any:
        run = read_json(body).get("run")
        if not isinstance(run, str):
            raise ConfigError("a ledger is named after its run", where="run", next='send {"run": "<id>"}')
        return {"ledger": f"ledger/{self._fleet.begin_run(run).name}"}

    async def _flush(self, _body: bytes) -> Any:
        return {"through_ns": await self._fleet.checkpoint()}

    async def _fault(self, body: bytes) -> Any:
        fault = faults.parse(read_json(body))
        unknown = sorted(fault.cameras - self._fleet.cameras.keys())
        if unknown:
            raise ConfigError("the fleet has no such camera", where="cameras", why=", ".join(unknown[:5]))
        self._fleet.apply(fault)
        return {"faults": [fault.as_dict() for fault in self._fleet.faults]}

    async def _heal(self, _body: bytes) -> Any:
        self._fleet.heal()
        return {"faults": []}


async def _admit(request: dict[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulators.fleet.admission"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
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
