"""Read the limits of a campaign (`99.99%`, `3s`, `0`) in the units of their criteria."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from citycam.gates.criterion import Criterion, Unit
from citycam.gates.registry import all_criteria
from citycam.model.errors import ConfigError
from citycam.model.units import Ratio, Seconds

_SECONDS: TypeAdapter[float] = TypeAdapter(Seconds)
_RATIO: TypeAdapter[float] = TypeAdapter(Ratio)


def parse_limits(
    texts: Mapping[str, str], criteria: Mapping[str, Criterion[Any]] | None = None, where: str = "gates"
) -> dict[str, float]:
    """Criterion id → limit in the criterion's unit (percent, seconds, a count), in the order of `texts`.

    Raises:
        ConfigError: an unknown criterion, or a limit that is not written in its unit.
    """
    known = all_criteria() if criteria is None else criteria
    limits = {}
    for name, text in texts.items():
        if name not in known:
            close = get_close_matches(name, known, n=1)
            raise ConfigError(
                f"there is no criterion {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""),
                where=where,
                next=f"use one of {', '.join(sorted(known))}",
            )
        try:
            limits[name] = _PARSERS[known[name].unit](text)
        except ValueError as error:
            raise ConfigError(
                f"the limit of {name}: {_message(error)}",
                where=where,
                next=f"write it as {_EXAMPLES[known[name].unit]}",
            ) from error
    return limits


def _share(text: str) -> float:
    if not 0 <= _RATIO.validate_python(text) <= 1:
        raise ValueError(f"{text!r} is not between 0% and 100%")
    # The number as written, not the ratio times 100: 99.99 must stay 99.99.
    return float(text.strip().removesuffix("%"))


def _seconds(text: str) -> float:
    return _SECONDS.validate_python(text)


def _count(text: str) -> float:
    if not text.strip().isascii() or not text.strip().isdigit():
        raise ValueError(f"{text!r} is not a whole number without a unit")
    return float(text)


def _message(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return str(error)


_PARSERS = {Unit.SHARE: _share, Unit.SECONDS: _seconds, Unit.COUNT: _count}
_EXAMPLES = {Unit.SHARE: "99.99%", Unit.SECONDS: "3s or 500ms", Unit.COUNT: "0"}
