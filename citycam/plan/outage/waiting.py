"""First come, first served, by one or several servers: cores that set connections up, lines that carry key frames."""

from __future__ import annotations

import heapq


class Queue:
    """`servers` that each do one piece of work at a time. Calls come in the order of time."""

    def __init__(self, servers: int) -> None:
        self._free = [0.0] * max(1, servers)

    def wait(self, now: float) -> float:
        """How long a piece of work that comes now would wait before it is begun."""
        return max(0.0, self._free[0] - now)

    def done(self, now: float, work: float) -> float:
        """Queue `work` seconds; when it is done."""
        end = max(now, self._free[0]) + work
        heapq.heapreplace(self._free, end)
        return end
