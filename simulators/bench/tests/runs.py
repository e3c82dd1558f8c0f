"""A run like any other, and a server by name alone."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from simulators.bench.load import Account, Load, Serving
from simulators.bench.run import Run

RUN = Run(
    peer="fleet",
    cameras=100,
    seconds=10.0,
    frames=10_000,
    due=10_000.0,
    lost=0,
    closed=0,
    cpu_s=0.1,
    drain_cpu_s=0.05,
    memory=1_000_000,
    resident=1_200_000,
    waiting=3000,
    start_s=2.0,
    account=Account(0, 3.0),
)
"""Of 100 cameras at 10 fps for 10 s: 10 µs a frame, 10 kB a camera."""


@dataclass(frozen=True)
class Named:
    name: str
    numbered: bool = True

    def serve(self, load: Load) -> AbstractContextManager[Serving]:
        raise NotImplementedError
