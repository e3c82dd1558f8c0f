"""How often something may be started again before that is no remedy any more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class Budget:
    """At most `most` restarts within `within_s` seconds, as Erlang/OTP's supervisors count them.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, most: int, within_s: float, clock: Callable[[], float]) -> None:
        self.most = most
        self.within_s = within_s
        self._clock = clock
        self._spent: deque[float] = deque()

    def spend(self) -> bool:
        """Take one restart; whether there was one left."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - self.within_s:
            self._spent.popleft()
        if len(self._spent) >= self.most:
            return False
        self._spent.append(now)
        return True
