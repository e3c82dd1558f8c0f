"""What is wanted of a plan, and how it is written on a command line: `cameras=40210,bitrate=4Mb/s,retention=30d`."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from citycam.model.documents import Document
from citycam.model.errors import ConfigError
from citycam.model.units import BitsPerSecond, Ratio, Seconds
from citycam.plan.coefficients import Coefficients
from citycam.plan.gateways import gateway_weight
from citycam.plan.sizing import Demand

EXAMPLE = "cameras=40210,bitrate=4Mb/s,retention=30d"


class Wish(Document):
    """What a plan is made for: `retention` in all, `recent` on recording nodes (seconds), `watched` share, `spare`."""

    retention: Annotated[float, Field(gt=0)]
    recent: Annotated[float, Field(gt=0)]
    watched: Annotated[float, Field(ge=0, le=1)]
    spare: Annotated[int, Field(ge=0, le=1)] = 1

    def demand(self, cameras: int, bitrate: int) -> Demand:
        """The demand of that many cameras with together `bitrate` bits per second."""
        return Demand(cameras, bitrate, self.retention, self.recent, self.watched, self.spare)


def usual_wish(coefficients: Coefficients) -> Wish:
    """What is planned for when nobody says otherwise."""
    return Wish(
        retention=coefficients.city.retention.value,
        recent=coefficients.storage.recent.value,
        watched=coefficients.network.watched.value,
    )


def read_wish(text: str, coefficients: Coefficients) -> Wish:
    """Read what is wished of a plan; nothing is as usual.

    Raises:
        ConfigError: as `read_what_if`; and for `cameras` and `bitrate`, which the inventory knows.
    """
    if not text:
        return usual_wish(coefficients)
    try:
        given = _pairs(text)
        for key in ("cameras", "bitrate"):
            if key in given:
                raise _refused(f"{key} by a wish", "the inventory says it", "retention=30d; --what-if imagines a city")
        return read_what_if(text, coefficients).wish
    except ConfigError as error:
        raise ConfigError(error.what, where="--wish", why=error.why, next=error.next) from error


class WhatIf(Document):
    """A city that does not exist: `cameras` alike, each sending `bitrate` bits per second."""

    cameras: int
    bitrate: int
    wish: Wish

    @property
    def demand(self) -> Demand:
        """The demand of all of them."""
        return self.wish.demand(self.cameras, self.cameras * self.bitrate)


def read_what_if(text: str, coefficients: Coefficients) -> WhatIf:
    """Read `key=value,…`; keys that are not given are as usual.

    Raises:
        ConfigError: an unknown key, a key twice, a missing or wrong unit, or something that cannot be had.
    """
    given = _pairs(text)
    values: dict[str, Any] = {}
    for key, value in given.items():
        try:
            values[key] = TypeAdapter(_KEYS[key][0]).validate_python(_KEYS[key][1](value))
        except ValidationError as error:
            message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            raise _refused(f"{key}={value}", message, _KEYS[key][2]) from error
    usual = usual_wish(coefficients)
    wish = usual.model_copy(update={key: values[key] for key in ("retention", "recent", "watched") if key in values})
    made = WhatIf(
        cameras=values.get("cameras", coefficients.city.cameras.value),
        bitrate=values.get("bitrate", coefficients.city.bitrate.value),
        wish=wish.model_copy(update={"spare": values.get("spare", usual.spare)}),
    )
    _possible(made, given, coefficients)
    return made


def _pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise _refused(part, "not of the form key=value", EXAMPLE)
        if key not in _KEYS:
            close = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise _refused(key, f"unknown key; {hint}known are {', '.join(_KEYS)}", EXAMPLE)
        if key in found:
            raise _refused(key, "given twice", "give it once")
        found[key] = value
    if not found:
        raise _refused(text or "nothing", "nothing is wished", EXAMPLE)
    return found


def _possible(made: WhatIf, given: dict[str, str], coefficients: Coefficients) -> None:
    """Raises ConfigError for what no number of machines can give."""
    for key, value in (("cameras", made.cameras), ("bitrate", made.bitrate)):
        if value <= 0:
            raise _refused(f"{key}={given[key]}", "nothing would be recorded", _KEYS[key][2])
    for key, length in (("retention", made.wish.retention), ("recent", made.wish.recent)):
        if length <= 0:
            raise _refused(f"{key}={given[key]}", "nothing would be kept", _KEYS[key][2])
    weight = gateway_weight(made.bitrate, coefficients)
    if weight > coefficients.gateway.fill.value:
        most = coefficients.gateway.most_bitrate.value * coefficients.gateway.fill.value
        raise _refused(
            f"bitrate={given['bitrate']}",
            f"one camera is more than a gateway takes ({most / 1e6:.0f} Mb/s)",
            "a smaller bit rate for each camera; cameras= is how many there are",
        )
    if not 0 <= made.wish.watched <= 1 or made.wish.spare not in {0, 1}:
        raise _refused("watched or spare", "out of range", "watched from 0% to 100%, spare 0 or 1")


def _refused(what: str, why: str, right: str) -> ConfigError:
    return ConfigError(f"cannot plan for {what}", where="--what-if", why=why, next=f"as in {right}")


def _rate(text: str) -> str:
    """`4Mbps`, `4 Mbit/s` and `4Mb/s` are the same."""
    return re.sub(r"(?i)([kmg]?)\s*b(?:it)?(?:ps|/s)$", lambda found: f"{_PREFIX[found[1].lower()]}b/s", text)


_PREFIX = {"": "", "k": "k", "m": "M", "g": "G"}

_KEYS: dict[str, tuple[Any, Callable[[str], str], str]] = {
    "cameras": (int, lambda text: text.replace("_", ""), "cameras=40210"),
    "bitrate": (BitsPerSecond, _rate, "bitrate=4Mb/s"),
    "retention": (Seconds, str, "retention=30d"),
    "recent": (Seconds, str, "recent=1d"),
    "watched": (Ratio, str, "watched=5%"),
    "spare": (int, str, "spare=1"),
}
