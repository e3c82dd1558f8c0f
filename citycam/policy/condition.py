"""Conditions on facts as data, judged in three values: true, false, or unknown when a fact is missing or contradicted.

A condition is one of

    {fact: fps, at_least: 15}                       a comparison; exactly one operator
    {all: [...]}, {any: [...]}, {not: {...}}        Kleene's strong logic

`fact` is a field of a camera record, `uplink.bandwidth` a field of a field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import zip_longest
from typing import Annotated, Any

from pydantic import Field, model_validator

from citycam.inventory.spelling import fold
from citycam.model.documents import Document

Truth = bool | None
"""None is unknown."""

Values = Sequence[Any]
"""What is known of one fact: nothing, one value, or several that contradict each other."""

Lookup = Callable[[str], Values]
"""From the name of a fact to its values."""

Scalar = bool | int | float | date | str


class Scaled(Document):
    """Another fact as the limit: `{fact: bitrate, times: 1.25}`."""

    fact: str
    times: Annotated[float, Field(gt=0)] = 1.0


class Condition(Document):
    """One comparison of a fact, or a combination of conditions."""

    fact: str | None = None
    is_: Annotated[Scalar | None, Field(alias="is")] = None
    in_: Annotated[tuple[Scalar, ...] | None, Field(alias="in")] = None
    at_least: float | date | Scaled | None = None
    at_most: float | date | None = None
    before: date | None = None
    within: Annotated[float | None, Field(ge=0)] = None
    has_any: tuple[Scalar, ...] | None = None
    only: tuple[Scalar, ...] | None = None
    starts_with: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    version_at_least: str | None = None
    all_: Annotated[tuple[Condition, ...] | None, Field(alias="all")] = None
    any_: Annotated[tuple[Condition, ...] | None, Field(alias="any")] = None
    not_: Annotated[Condition | None, Field(alias="not")] = None

    @model_validator(mode="after")
    def _one_thing(self) -> Condition:
        combined = [name for name in ("all", "any", "not") if getattr(self, f"{name}_") is not None]
        compared = [name for name in OPERATORS if getattr(self, OPERATORS[name].field) is not None]
        if (len(combined), self.fact is not None, len(compared)) not in {(1, False, 0), (0, True, 1)}:
            raise ValueError(
                "a condition is a fact with exactly one of " + ", ".join(OPERATORS) + ", or one of all, any, not"
            )
        return self

    def judge(self, lookup: Lookup) -> Truth:
        """Whether it holds for the camera behind `lookup`. Contradicting values count as unknown where they matter."""
        if self.all_ is not None:
            return _all(part.judge(lookup) for part in self.all_)
        if self.any_ is not None:
            return _not(_all(_not(part.judge(lookup)) for part in self.any_))
        if self.not_ is not None:
            return _not(self.not_.judge(lookup))
        return self._compare(lookup)

    def facts(self) -> tuple[str, ...]:
        """Names of the facts it reads, in reading order, each once."""
        found: dict[str, None] = {}
        if self.fact is not None:
            found[self.fact] = None
        if isinstance(self.at_least, Scaled):
            found[self.at_least.fact] = None
        for part in (*(self.all_ or ()), *(self.any_ or ()), *((self.not_,) if self.not_ else ())):
            found.update(dict.fromkeys(part.facts()))
        return tuple(found)

    @cached_property
    def _comparison(self) -> tuple[Operator, Any]:
        """The operator that is given, and its limit."""
        return next(
            (operator, limit) for operator in OPERATORS.values() if (limit := getattr(self, operator.field)) is not None
        )

    def _compare(self, lookup: Lookup) -> Truth:
        operator, limit = self._comparison
        limits: Values = (limit,)
        if isinstance(limit, Scaled):
            limits = [other * limit.times for other in lookup(limit.fact)]
        seen = {operator.holds(value, bound) for value in lookup(str(self.fact)) for bound in limits}
        return seen.pop() if len(seen) == 1 else None

    def __str__(self) -> str:
        if self.all_ is not None:
            return " and ".join(f"({part})" if part.any_ else str(part) for part in self.all_)
        if self.any_ is not None:
            return " or ".join(f"({part})" if part.all_ else str(part) for part in self.any_)
        if self.not_ is not None:
            return f"not ({self.not_})"
        operator, limit = self._comparison
        shown = f"{limit.times:g} × {limit.fact}" if isinstance(limit, Scaled) else _shown(limit)
        return f"{self.fact} {operator.words} {shown}"


@dataclass(frozen=True)
class Operator:
    """How a comparison is written, read aloud, and judged on known values."""

    field: str
    words: str
    holds: Callable[[Any, Any], bool]


def _bare(text: str) -> str:
    """Letters and digits alone, without case and marks."""
    return fold(text).replace(" ", "")


def _version(text: str) -> tuple[int, ...]:
    """The numbers of a version's first word: `V5.4.41 build 170710` is (5, 4, 41)."""
    found = re.search(r"\d+(?:\.\d+)*", text)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _version_at_least(value: str, limit: str) -> bool:
    pairs = list(zip_longest(_version(value), _version(limit), fillvalue=0))
    return [own for own, _ in pairs] >= [bound for _, bound in pairs]


OPERATORS: Mapping[str, Operator] = {
    "is": Operator("is_", "is", lambda value, limit: bool(value == limit)),
    "in": Operator("in_", "is one of", lambda value, limit: value in limit),
    "at_least": Operator("at_least", "is at least", lambda value, limit: bool(value >= limit)),
    "at_most": Operator("at_most", "is at most", lambda value, limit: bool(value <= limit)),
    "before": Operator("before", "is before", lambda value, limit: bool(value < limit)),
    "within": Operator("within", "is within ±", lambda value, limit: abs(value) <= limit),
    "has_any": Operator("has_any", "includes one of", lambda value, limit: not set(value).isdisjoint(limit)),
    "only": Operator("only", "has nothing but", lambda value, limit: set(value) <= set(limit)),
    "starts_with": Operator("starts_with", "starts with", lambda value, limit: value.startswith(limit)),
    "names": Operator("names", "names", lambda value, limit: any(_bare(one) in _bare(value) for one in limit)),
    "version_at_least": Operator("version_at_least", "is version", _version_at_least),
}


def _all(parts: Iterable[Truth]) -> Truth:
    known: Truth = True
    for part in parts:
        if part is False:
            return False
        if part is None:
            known = None
    return known


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _shown(limit: Any) -> str:
    if isinstance(limit, tuple):
        return ", ".join(map(str, limit))
    return f"{limit:g}" if isinstance(limit, float) else str(limit)
