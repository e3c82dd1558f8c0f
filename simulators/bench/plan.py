"""How much is measured: the whole bench, a quick look, and the least that still runs everything."""

from __future__ import annotations

from dataclasses import dataclass

from citycam.model.camera import Stream

SD = Stream(width=704, height=576, fps=10, bitrate=256_000)
HD = Stream(width=1920, height=1080, fps=15, bitrate=2_000_000)


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds and lengths of runs; cameras for each server; numbers of cameras that are tried, ascending.

    Servers get what each can bear on one core with something to spare, so that none is measured while it fails.
    """

    rounds: int = 5
    seconds: float = 8.0
    fleet: int = 5000
    gortsplib: int = 2000
    fan_out: int = 2000
    gstreamer: int = 200
    publishers: int = 40
    sd: tuple[int, ...] = tuple(range(6000, 10001, 500))
    hd: tuple[int, ...] = tuple(range(1500, 4001, 250))


WHOLE = Plan()
QUICK = Plan(rounds=2, seconds=4.0, sd=(5000, 7000, 8500), hd=(1500, 2000))
LEAST = Plan(1, 1.0, 20, 20, 20, 20, 20, (20,), (20,))
