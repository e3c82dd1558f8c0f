"""What viewers and players share: a seeded choice of cameras, an edge, a timetable, and one event for each request."""

from __future__ import annotations

import random
import time
from abc import abstractmethod
from itertools import count
from typing import Any, ClassVar

from gevent import GreenletExit  # type: ignore[import-untyped]
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser
from locust.runners import WorkerRunner

from loadtests.clients.edge import trust
from loadtests.clients.outcome import Outcome
from loadtests.pacing import Pace
from loadtests.settings import LoadSettings, WatchedCamera
from loadtests.shapes.ramp import RampAndHold

SETTINGS = LoadSettings.from_environment()
TRUST = trust(SETTINGS.ca_file)
FOREVER_NS = 1 << 62


class CutOff(Exception):
    """The request had no answer yet when the run ended."""


class Person(User):
    """A user with a timetable. Subclasses say how often they ask, and ask."""

    abstract = True
    kind: ClassVar[str]
    period_s: ClassVar[float]
    length_s: ClassVar[float]
    settle_s: ClassVar[float] = 0.0
    _numbers: ClassVar[count[int]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._numbers = count()

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        worker, number = _worker(environment), next(self._numbers)
        self.choice = random.Random(f"{SETTINGS.seed}/{self.kind}/{'' if worker is None else f'{worker}/'}{number}")
        # Users of a kind ask the edges in turn; each worker begins at another, for it may have few users.
        self.settings = SETTINGS.from_edge(number + (worker or 0))
        self._pace = Pace(0, self.period_s, 0)

    def on_start(self) -> None:
        """Draw up the timetable, and wait for its first slot."""
        shape = self.environment.shape_class
        stop_ns = shape.stop_ns if isinstance(shape, RampAndHold) else FOREVER_NS
        start_ns = time.time_ns() + round(self.settle_s * 1e9)
        self._pace = Pace(start_ns, self.period_s, stop_ns, self.length_s)
        self.wait()  # type: ignore[no-untyped-call]

    def wait_time(self) -> float:
        """Seconds until the next slot."""
        return self._pace.wait_s(time.time_ns())

    @task
    def take_slot(self) -> None:
        """One request in the next slot of the timetable."""
        if self._pace.over:
            raise StopUser
        camera = self.choice.choice(SETTINGS.cameras)
        intended_ns = self._pace.take()
        start_ns = time.time_ns()
        try:
            outcome = self.ask(camera)
        except GreenletExit:  # the run ends; a request that hangs until then must not vanish from the evidence
            self._report(camera, intended_ns, _cut_off(start_ns))
            raise
        self._report(camera, intended_ns, outcome)

    @property
    @abstractmethod
    def edge(self) -> str:
        """The address that this user asks, whether it answers or not."""

    @abstractmethod
    def ask(self, camera: WatchedCamera) -> Outcome:
        """Make one request now."""

    def _report(self, camera: WatchedCamera, intended_ns: int, outcome: Outcome) -> None:
        """Tell Locust, and through it the recorder, how the request went."""
        name = f"{self.kind} {camera.gateway}"
        self.environment.events.request.fire(
            request_type=self.kind,
            name=name,
            response_time=outcome.response_ms,
            response_length=outcome.size,
            exception=outcome.error,
            context={
                "kind": self.kind,
                "name": name,
                "camera": camera.camera,
                "gateway": camera.gateway,
                "intended_ns": intended_ns,
                "start_ns": outcome.start_ns,
                "response_ms": outcome.response_ms,
                "latency_ms": outcome.response_ms + (outcome.start_ns - intended_ns) / 1e6,
                "frames": outcome.frames,
                "frames_missing": outcome.frames_missing,
                "edge": self.edge,
            },
        )


def _worker(environment: Environment) -> int | None:
    """The number of a worker among several; none where there is one process."""
    return int(environment.runner.worker_index) if isinstance(environment.runner, WorkerRunner) else None


def _cut_off(start_ns: int) -> Outcome:
    return Outcome(start_ns, (time.time_ns() - start_ns) / 1e6, 0, CutOff("no answer when the run ended"))
