"""Ramp up, then hold: users arrive evenly over the first seconds, so that they do not all ask at the same moment."""

from __future__ import annotations

import time
from typing import Any

from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import WorkerRunner

from loadtests.settings import LoadSettings

RAMP_SHARE = 0.1
RAMP_MAX_S = 5.0


class RampAndHold(LoadTestShape):
    """All users of the settings, for `seconds` in all, ramp included."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._settings = LoadSettings.from_environment()
        self._users = self._settings.viewers + self._settings.players
        self._ramp_s = min(self._settings.seconds * RAMP_SHARE, RAMP_MAX_S)
        self.started_ns = time.time_ns()

    def reset_time(self) -> None:
        """Locust calls this when the run begins."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self.started_ns = time.time_ns()

    @property
    def stop_ns(self) -> int:
        """When the run ends (ns since 1970)."""
        return self.started_ns + round(self._settings.seconds * 1e9)

    def tick(self) -> tuple[int, float] | None:
        """Users wanted now, and how many arrive per second; None ends the run."""
        if time.time_ns() >= self.stop_ns:
            return None
        return self._users, max(1.0, self._users / self._ramp_s)


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def begin_with_the_master(environment: Environment, **_: Any) -> None:
    """A worker's run begins when its master says so: Locust asks only the master's shape for users."""
    if isinstance(environment.runner, WorkerRunner) and isinstance(environment.shape_class, RampAndHold):
        environment.shape_class.reset_time()
