"""A timeline that is being played: each of its faults strikes at its time, whoever asked for it has long gone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from citycam.model.errors import CitycamError

logger = logging.getLogger(__name__)


class Coming(NamedTuple):
    """A fault that has yet to strike; `at` is the event loop's time."""

    at: float
    fault: dict[str, Any]


class Schedule:
    """Faults to come. `strike` applies one."""

    def __init__(self, strike: Callable[[dict[str, Any]], Awaitable[Any]]) -> None:
        self._strike = strike
        self._coming: list[Coming] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, strikes: Iterable[tuple[float, dict[str, Any]]]) -> None:
        """Let each fault strike so many seconds from now."""
        now = asyncio.get_running_loop().time()
        self._coming += [Coming(now + after, fault) for after, fault in strikes]
        self._coming.sort(key=lambda coming: coming.at)
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._play())

    def cancel(self) -> None:
        """Forget what has not struck yet."""
        self._coming.clear()
        if self._task is not None:
            self._task.cancel()

    def ahead(self) -> list[dict[str, Any]]:
        """What is to come, with the seconds until then."""
        now = asyncio.get_running_loop().time()
        return [{"in": max(0.0, coming.at - now), "fault": coming.fault} for coming in self._coming]

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        while self._coming:
            if (wait := self._coming[0].at - loop.time()) > 0:
                await asyncio.sleep(wait)
                continue
            fault = self._coming.pop(0).fault
            try:
                await self._strike(fault)
            except CitycamError as error:  # a camera has gone meanwhile
                logger.error("the timeline's %s did not strike: %s", fault.get("kind"), error)
