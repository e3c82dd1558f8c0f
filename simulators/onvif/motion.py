"""What moves before a camera: a timeline without end, the same again for the same camera and seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from simulators.faults.fault import chance

PERIOD_NS = 60_000_000_000
SHARE = 0.5
"""Of the periods something moves in."""
_SECOND_NS = 1_000_000_000


class Change(NamedTuple):
    """Motion begins or ends; true time, ns since 1970."""

    at_ns: int
    moving: bool


def _phase(camera: str, seed: int) -> int:
    """Where the camera's periods begin, so that not all cameras see something in the same half minutes."""
    return int(chance(seed, camera, "phase") * PERIOD_NS)


def _span(camera: str, seed: int, phase: int, period: int) -> tuple[int, int] | None:
    """When motion begins and ends in a period: 5 to 25 s that begin in its first half; None if nothing moves."""
    if chance(seed, camera, "motion", period) >= SHARE:
        return None
    begins = phase + period * PERIOD_NS + int(chance(seed, camera, "begins", period) * 30 * _SECOND_NS)
    return begins, begins + 5 * _SECOND_NS + int(chance(seed, camera, "lasts", period) * 20 * _SECOND_NS)


def changes(camera: str, seed: int, after_ns: int, through_ns: int) -> Iterator[Change]:
    """What changes after one instant and up to another, in order."""
    phase = _phase(camera, seed)
    for period in range((after_ns - phase) // PERIOD_NS, (through_ns - phase) // PERIOD_NS + 1):
        span = _span(camera, seed, phase, period)
        if span is not None:
            for at_ns, moving in ((span[0], True), (span[1], False)):
                if after_ns < at_ns <= through_ns:
                    yield Change(at_ns, moving)


def moving(camera: str, seed: int, at_ns: int) -> bool:
    """Whether something moves at an instant."""
    phase = _phase(camera, seed)
    span = _span(camera, seed, phase, (at_ns - phase) // PERIOD_NS)
    return span is not None and span[0] <= at_ns < span[1]
