from __future__ import annotations

import asyncio
from typing import Any

import pytest

from citycam.model.errors import ConfigError
from simulators.fleet.schedule import Schedule
from simulators.fleet.tests.viewer import run, until


class Struck(list[str]):
    async def strike(self, fault: dict[str, Any]) -> None:
        if fault["kind"] == "impossible":
            raise ConfigError("no such camera")
        self.append(fault["kind"])


def test_faults_strike_in_the_order_of_their_times_though_one_cannot(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        struck = Struck()
        schedule = Schedule(struck.strike)
        schedule.add([(0.02, {"kind": "last"}), (0.01, {"kind": "impossible"}), (0.0, {"kind": "first"})])
        schedule.add([(0.015, {"kind": "added"})])
        assert [coming["fault"]["kind"] for coming in schedule.ahead()] == ["first", "impossible", "added", "last"]
        await until(lambda: "last" in struck, "the last fault")
        assert struck == ["first", "added", "last"]
        assert not schedule.ahead()

    run(test())
    assert "impossible did not strike" in caplog.text


def test_what_was_cancelled_never_strikes() -> None:
    async def test() -> None:
        struck = Struck()
        schedule = Schedule(struck.strike)
        schedule.add([(0.0, {"kind": "one"})])
        schedule.cancel()
        schedule.add([(0.0, {"kind": "two"})])
        await until(lambda: "two" in struck, "the fault after the cancelled one")
        await asyncio.sleep(0)
        assert struck == ["two"]

    run(test())
