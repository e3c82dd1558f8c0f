"""What a criterion is: it tallies evidence, merges tallies, and compares a tally with a limit.

A criterion reads evidence only in `tally`; the rest is arithmetic. Writing one: a module in `criteria/` with an
instance named `CRITERION`, and a test that shows it pass, fail and unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from citycam.gates.evidence import Evidence
from citycam.model.verdict import Verdict


class Unit(StrEnum):
    """Unit of a limit, a measured value and a margin."""

    SHARE = "%"
    SECONDS = "s"
    COUNT = "count"

    @property
    def more_is_better(self) -> bool:
        """Whether a limit in this unit is a minimum (shares) or a maximum (times, counts)."""
        return self is Unit.SHARE


@dataclass(frozen=True)
class CriterionResult:
    """The outcome of one criterion. `measured` and `margin` are in its unit; a positive margin is room to spare."""

    verdict: Verdict
    measured: float | None = None
    margin: float | None = None
    samples: int = 0
    why: str = ""
    cameras: tuple[str, ...] = ()


T = TypeVar("T")


class Criterion(Protocol[T]):
    """One acceptance criterion over tallies of type `T`.

    Law: for any partition of the cameras, `merge(tally(one), tally(other)) == tally(whole)`; `merge` is associative
    and commutative. So shards may be tallied apart, in any order, and judged as one.
    """

    id: str
    title: str
    fail_title: str
    why: str
    how: str
    unit: Unit
    requires: tuple[str, ...]

    def tally(self, evidence: Evidence) -> T:
        """Condense the evidence.

        Raises:
            EvidenceMissing: a required file is absent, unreadable, empty or of another schema.
        """

    def merge(self, a: T, b: T) -> T:
        """The tally of two parts together."""

    def result(self, tally: T, limit: float) -> CriterionResult:
        """Compare with `limit`, which is in `unit`."""


def margin(unit: Unit, measured: float, limit: float) -> float:
    """Distance from the limit: zero or more when the limit holds."""
    return measured - limit if unit.more_is_better else limit - measured


def share(part: int, whole: int) -> float:
    """`part` of `whole` in percent, rounded once, so that 9,999 of 10,000 equals a limit of 99.99 %."""
    return 100 * part / whole


def compared(unit: Unit, measured: float, limit: float) -> tuple[Verdict, float]:
    """Verdict and margin of a value that was measured completely."""
    room = margin(unit, measured, limit)
    return (Verdict.PASS if room >= 0 else Verdict.FAIL), room


def bounded(unit: Unit, worst: float, best: float, limit: float) -> Verdict:
    """Verdict when part was not measured: certain only if worst and best case agree."""
    if margin(unit, best, limit) < 0:
        return Verdict.FAIL
    return Verdict.PASS if margin(unit, worst, limit) >= 0 else Verdict.UNKNOWN


def named(cameras: int) -> str:
    """`1 camera`, `2 cameras`."""
    return f"{cameras:,} camera" if cameras == 1 else f"{cameras:,} cameras"
