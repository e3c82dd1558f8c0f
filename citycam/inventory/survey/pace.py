"""How fast a survey goes: a global rate of packets that open something, with no clock of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pace:
    """A token bucket: `rate` turns a second on average, `burst` of them at once.

    Raises:
        ValueError: a rate or a burst that lets nothing through.
    """

    rate: float
    burst: float = 10.0
    _free: float = 0.0
    """When the next turn is free, by the caller's clock."""

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst < 1:
            raise ValueError("a pace lets something through")

    def turn(self, now: float) -> float:
        """Take the next turn; how many seconds from `now` it is to be waited for."""
        start = max(self._free, now - (self.burst - 1) / self.rate)
        self._free = start + 1 / self.rate
        return max(0.0, start - now)
