"""A fleet of several processes: one shard a core, each with its own addresses, and one that starts and watches them.

It holds the listening sockets, so that a shard may die and come back while clients find the port open; it answers the
control API for all. A restart that does not help is not repeated for ever (`Budget`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure
from simulators import faults
from simulators.fleet.api import Api, admit
from simulators.fleet.budget import Budget
from simulators.fleet.figures import cpu_seconds, resident_bytes
from simulators.fleet.listener import open_sharded
from simulators.fleet.merged import Cut, Parts, through_of
from simulators.fleet.ports import Ports
from simulators.fleet.shard import Settings, Shard
from simulators.fleet.shards import narrowed, partition, sum_counts, sum_expositions, sum_status

logger = logging.getLogger(__name__)

MOST_RESTARTS = 5
WITHIN_S = 60.0
_RETURN_RAMP_S = 1.0
"""In which the cameras of a shard that died are switched on again."""


class _Force(NamedTuple):
    """A fault in force; `until` is the event loop's time."""

    record: dict[str, Any]
    until: float


class Supervisor(Api):
    """Starts shards, keeps them, and speaks for them.

    Args:
        settings: of every shard.
        ports: where cameras listen.
        end: ends the fleet, in order.

    Raises:
        OSError: a port is taken or forbidden.
    """

    def __init__(self, settings: Settings, ports: Ports, end: Callable[[], None]) -> None:
        super().__init__(end)
        self._root = settings.root
        self._ports = ports
        self._sockets = ExitStack()
        with ExitStack() as opened:
            groups = open_sharded(ports, settings.shards)
            for sock in (sock for group in groups for sock in group.values()):
                opened.enter_context(sock)
            self._sockets = opened.pop_all()
        self._shards = [Shard(settings, number, group) for number, group in enumerate(groups)]
        self._admitted: list[dict[str, Any]] = [{"devices": [], "models": {}} for _ in groups]
        self._forces: list[_Force] = []
        self._parts = Parts("")
        self._cut_ns: int | None = None
        self._budget = Budget(MOST_RESTARTS, WITHIN_S, time.monotonic)
        self._keepers: list[asyncio.Task[None]] = []
        self._closing = False
        self.failure: EnvironmentFailure | None = None
        """Why the fleet ended by itself."""

    async def open(self) -> None:
        """Start every shard, and the first ledger.

        Raises:
            EnvironmentFailure: one does not start.
        """
        for shard in self._shards:
            await shard.start()
        await asyncio.gather(*(shard.born() for shard in self._shards))
        for shard in self._shards:
            shard.admit_calls()
        self._keepers = [asyncio.create_task(self._keep(shard)) for shard in self._shards]
        await self.begin_run(f"fleet-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%f}Z")

    async def close(self) -> None:
        """End every shard, its ledger closed."""
        self._closing = True
        self._schedule.cancel()
        await asyncio.gather(*(shard.end() for shard in self._shards))
        for keeper in self._keepers:
            keeper.cancel()
        self._sockets.close()

    async def status(self) -> dict[str, Any]:
        """See `Api`."""
        statuses = await self._all("GET", "/status")
        total = sum_status(statuses, await self.counts())
        total["cpu_seconds"] += cpu_seconds()
        total["rss_bytes"] += resident_bytes()
        shards = [
            {
                "pid": shard.process.pid if shard.process else 0,
                "restarts": shard.restarts,
                **{name: status[name] for name in ("cameras", "playing", "frames_sent", "lateness_ms")},
            }
            for shard, status in zip(self._shards, statuses, strict=True)
        ]
        return total | {"ledger": f"ledger/{self._parts.run}.jsonl", "shards": shards}

    async def counts(self) -> list[dict[str, Any]]:
        """See `Api`."""
        return [count for answer in await self._all("GET", "/counts") for count in answer["processes"]]

    async def metrics_text(self) -> str:
        """See `Api`."""
        return sum_expositions(await asyncio.gather(*(shard.text("/metrics") for shard in self._shards)))

    async def replace(self, cameras: Any, ramp_s: float) -> dict[str, int]:
        """See `Api`. A shard that refuses undoes what the others did."""
        admitted = await admit(cameras, str(self._root / "media"), self._ports)
        before, self._admitted = self._admitted, partition(admitted, len(self._shards))
        try:
            return sum_counts(await self._give(ramp_s))
        except CitycamError:
            self._admitted = before
            await self._give(0.0)
            raise

    async def begin_run(self, run: str) -> str:
        """See `Api`."""
        if Parts.path(self._root, run).exists() or (self._root / "ledger" / f"{run}.jsonl").exists():
            raise ConfigError("there is a ledger of this name already", where=run, next="name a new run")
        await self._all("POST", "/ledger", {"run": run})
        self._parts, self._cut_ns = Parts(run, [shard.file(run) for shard in self._shards]), None
        self._parts.save(self._root)
        return f"ledger/{run}.jsonl"

    async def flush(self) -> int:
        """See `Api`. A shard that died in this run holds the whole back for good: what it sent last nobody knows."""
        through = min(int(answer["through_ns"]) for answer in await self._all("POST", "/ledger/flush"))
        return through if self._cut_ns is None else min(through, self._cut_ns)

    def unknown(self, cameras: frozenset[str]) -> list[str]:
        """See `Api`."""
        return sorted(cameras.difference(*(self._ids(shard) for shard in self._shards)))

    def clip_of(self, camera: str) -> str | None:
        """See `Api`."""
        found = (one for admitted in self._admitted for one in admitted["devices"] if one["id"] == camera)
        return next((str(one["main"]["clip"]) for one in found), None)

    async def faults(self) -> list[dict[str, Any]]:
        """See `Api`."""
        return [force.record for force in self._in_force()]

    async def strike(self, record: dict[str, Any]) -> None:
        """See `Api`."""
        seconds = faults.parse(record).seconds
        until = asyncio.get_running_loop().time() + (seconds or float("inf"))
        self._forces = [*self._in_force(), _Force(record, until)]
        parts = [(shard, narrowed(record, self._ids(shard))) for shard in self._shards if shard.ready]
        await asyncio.gather(
            *(shard.call("POST", "/faults/checked", part) for shard, part in parts if part is not None)
        )

    async def heal(self) -> None:
        """See `Api`."""
        self._forces = []
        await self._all("DELETE", "/faults")

    async def _all(self, method: str, target: str, document: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        return await asyncio.gather(*(shard.call(method, target, document) for shard in self._shards))

    async def _give(self, ramp_s: float) -> list[dict[str, Any]]:
        """Hand each shard its cameras."""
        calls = [
            shard.call("PUT", "/devices", {**self._admitted[shard.number], "ramp_s": ramp_s}) for shard in self._shards
        ]
        results = await asyncio.gather(*calls, return_exceptions=True)  # all are done before any of it is undone
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return [result for result in results if isinstance(result, dict)]

    def _ids(self, shard: Shard) -> set[str]:
        return {device["id"] for device in self._admitted[shard.number]["devices"]}

    def _in_force(self) -> list[_Force]:
        now = asyncio.get_running_loop().time()
        return [force for force in self._forces if force.until > now]

    async def _keep(self, shard: Shard) -> None:
        """Start a shard again whenever it ends, as long as there is budget for it."""
        while True:
            why = await shard.wait()
            if self._closing:
                return
            self._cut(shard, why)
            try:
                if not self._budget.spend():
                    raise EnvironmentFailure(
                        f"the fleet ends: its processes died {MOST_RESTARTS + 1} times within {WITHIN_S:.0f} s",
                        where=f"shard {shard.number + 1}",
                        why=f"the last one: {why}",
                        next="see the log above for what killed them; is there memory enough?",
                    )
                logger.error("shard %d ended: %s; it is started again", shard.number + 1, why)
                await shard.start()
            except EnvironmentFailure as error:
                self.failure = error
                self._end()
                return
            try:
                await self._revive(shard)
            except CitycamError as error:
                logger.error("shard %d does not come back: %s", shard.number + 1, error)
                shard.kill()

    def _cut(self, shard: Shard, why: str) -> None:
        """Say in the list of parts that a shard died, and remember how far its part reaches."""
        self._parts.cuts.append(Cut(shard.number + 1, time.time_ns(), why))
        self._parts.save(self._root)
        through = through_of(self._root / shard.file(self._parts.run)) or 0
        self._cut_ns = min(self._cut_ns if self._cut_ns is not None else through, through)

    async def _revive(self, shard: Shard) -> None:
        """Give a shard that was started again all that it had."""
        await shard.born()
        run = self._parts.run
        self._parts.files.append(shard.file(run))
        self._parts.save(self._root)
        await shard.call("POST", "/ledger", {"run": run}, early=True)
        cameras = {**self._admitted[shard.number], "ramp_s": _RETURN_RAMP_S}
        await shard.call("PUT", "/devices", cameras, early=True)
        given: list[_Force] = []
        while missing := [force for force in self._in_force() if force not in given]:
            for force in missing:
                await self._give_back(shard, force)
            given += missing
        shard.admit_calls()

    async def _give_back(self, shard: Shard, force: _Force) -> None:
        """Let a fault go on in a shard that was started again, for what is left of its time."""
        part = narrowed(force.record, self._ids(shard))
        if part is not None:
            left = force.until - asyncio.get_running_loop().time()
            length = {} if force.until == float("inf") else {"seconds": max(left, 0.001)}
            await shard.call("POST", "/faults/checked", {**part, **length}, early=True)
