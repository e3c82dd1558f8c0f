"""Seeded chance: everything that is drawn has a name, so that the order of drawing changes nothing."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Chance:
    """Draws by seed and name; the same name gives the same number."""

    seed: int

    def share(self, *name: object) -> float:
        """A number from 0 up to 1."""
        return random.Random(":".join(map(str, (self.seed, *name)))).random()

    def between(self, low: float, high: float, *name: object) -> float:
        """A number from `low` up to `high`."""
        return low + (high - low) * self.share(*name)

    def whole(self, low: int, high: int, *name: object) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int((high - low + 1) * self.share(*name))
