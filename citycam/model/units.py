"""Quantities as people write them in files (`60s`, `256kb/s`, `99.99%`), kept as plain SI numbers.

Used as pydantic field types: `Seconds`, `BitsPerSecond`, `Bytes`, `Ratio`. A number without its unit is refused,
because "60" in a campaign file has been read as minutes before.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%/]+)\s*")

_DURATIONS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BITRATES = {"b/s": 1.0, "kb/s": 1e3, "Mb/s": 1e6, "Gb/s": 1e9}
_SIZES = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_RATIOS = {"%": 0.01}


def parse(text: object, units: dict[str, float], kind: str) -> float:
    """Read a quantity such as `5min`.

    Raises:
        ValueError: not a number followed by one of `units`; the message lists them.
    """
    found = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[2] not in units:
        known = ", ".join(units)
        raise ValueError(
            f"{text!r} is not a {kind}: give a number and its unit, one of {known}, as in 10{next(iter(units))}"
        )
    return float(found[1]) * units[found[2]]


def _seconds(value: object) -> float:
    return parse(value, _DURATIONS, "duration")


def _bits_per_second(value: object) -> int:
    return round(parse(value, _BITRATES, "bit rate"))


def _bytes(value: object) -> int:
    return round(parse(value, _SIZES, "size"))


def _ratio(value: object) -> float:
    return parse(value, _RATIOS, "share")


Seconds = Annotated[float, BeforeValidator(_seconds)]
BitsPerSecond = Annotated[int, BeforeValidator(_bits_per_second)]
Bytes = Annotated[int, BeforeValidator(_bytes)]
Ratio = Annotated[float, BeforeValidator(_ratio)]


def show_duration(seconds: float) -> str:
    """A duration for people: `350 ms`, `4.2 s`, `5 min 03 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def show_bytes(count: float) -> str:
    """A size for people, in powers of 1000: `76.2 MB`."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} PB"


def show_rate(bits_per_second: float) -> str:
    """A bit rate for people: `512 kb/s`, `4.2 Mb/s`, `161 Gb/s`."""
    for unit in ("b/s", "kb/s", "Mb/s"):
        if bits_per_second < 1000:
            return f"{float(f'{bits_per_second:.3g}'):g} {unit}"
        bits_per_second /= 1000
    return f"{float(f'{bits_per_second:.3g}'):g} Gb/s"
