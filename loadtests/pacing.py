"""Open-loop pacing: when a request should start does not depend on how slow the one before it was.

A closed loop that waits for a stalled gateway asks it less often, and so hides the stall from every percentile
("coordinated omission"). Here request k of a user is due at `start + k * period`, and its latency counts from then.
"""

from __future__ import annotations

from dataclasses import dataclass

NANOSECONDS = 1_000_000_000


@dataclass
class Pace:
    """The timetable of one user: slots of `period_s` from `start_ns` until `stop_ns` (ns since 1970)."""

    start_ns: int
    period_s: float
    stop_ns: int
    length_s: float = 0.0
    """How long a request is meant to take: one that could not end before `stop_ns` is not begun."""
    taken: int = 0

    @property
    def due_ns(self) -> int:
        """When the next request should start."""
        return self.start_ns + round(self.taken * self.period_s * NANOSECONDS)

    @property
    def over(self) -> bool:
        """Whether no further request fits before `stop_ns`."""
        return self.due_ns + round(self.length_s * NANOSECONDS) > self.stop_ns

    def wait_s(self, now_ns: int) -> float:
        """Seconds to sleep until the next request is due; 0 if it is late already."""
        return max(0, self.due_ns - now_ns) / NANOSECONDS

    def take(self) -> int:
        """Begin the next request: when it was due (ns)."""
        due = self.due_ns
        self.taken += 1
        return due
