"""Verdicts of the technical standard as reports colour and count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from citycam.policy.standard import Outcome
from citycam.report.table import Mix
from citycam.report.wording import Quantity

CLASSES = {
    Outcome.CONFORMS: "conforms",
    Outcome.MEASURES: "measures",
    Outcome.UPGRADE: "upgrade",
    Outcome.REPLACE: "replace",
    Outcome.UNKNOWN: "unclear",
    Outcome.NOT_APPLICABLE: "gone",
}
"""Outcome → CSS class, and key of its word; from good to bad."""
JUDGED = tuple(CLASSES)[:-1]


class Tally:
    """How many cameras have which verdict."""

    def __init__(self, outcomes: Iterable[Outcome | None]) -> None:
        self.counts = Counter(outcome or Outcome.UNKNOWN for outcome in outcomes)

    @property
    def total(self) -> int:
        """All cameras."""
        return self.counts.total()

    @property
    def good(self) -> int:
        """Those that meet the standard, with measures or without."""
        return self.counts[Outcome.CONFORMS] + self.counts[Outcome.MEASURES]

    @property
    def share(self) -> Quantity:
        """The good ones among those that still exist."""
        there = self.total - self.counts[Outcome.NOT_APPLICABLE]
        return Quantity(self.good / there if there else 0.0, "share")

    def mix(self) -> Mix:
        """As a bar."""
        return Mix(self.parts())

    def parts(self) -> tuple[tuple[str, int], ...]:
        """CSS class → how many, from good to bad."""
        return tuple((name, self.counts[outcome]) for outcome, name in CLASSES.items())

    def cells(self) -> list[Quantity]:
        """Counts from good to bad, without those that are gone."""
        return [Quantity(self.counts[outcome]) for outcome in JUDGED]
