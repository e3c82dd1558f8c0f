"""The wheel, with broadcasts that only count."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import cast

from simulators.fleet.broadcast import Broadcast, Wheel


@dataclass
class Counting:
    """Due now, and again `step_ns` later."""

    due_ns: int
    step_ns: int
    calls: list[int]
    watched: bool = True
    armed: bool = False

    def run(self, now: int) -> None:
        assert now >= self.due_ns
        self.calls.append(self.due_ns)
        self.due_ns += self.step_ns


def test_a_fleet_that_never_catches_up_still_hears() -> None:
    async def test() -> None:
        wheel = Wheel(asyncio.get_running_loop())
        hopeless = Counting(due_ns=0, step_ns=1, calls=[])
        heard = asyncio.Event()
        wheel.add(cast(Broadcast, hopeless))
        asyncio.get_running_loop().call_later(0.001, heard.set)
        await asyncio.wait_for(heard.wait(), 10)
        assert len(hopeless.calls) > 1
        hopeless.watched = False

    asyncio.run(test())


def test_what_is_overdue_is_sent_in_the_order_of_its_time() -> None:
    async def test() -> None:
        start, calls = time.time_ns() - 1_000_000, list[int]()
        wheel = Wheel(asyncio.get_running_loop())
        for phase in (7, 0, 3):
            wheel.add(cast(Broadcast, Counting(start + phase, 10, calls)))
        async with asyncio.timeout(10):
            while len(calls) < 100:
                await asyncio.sleep(0)
        assert calls == sorted(calls)
        assert calls[:4] == [start, start + 3, start + 7, start + 10]

    asyncio.run(test())
