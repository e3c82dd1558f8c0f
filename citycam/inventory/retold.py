"""How a second agency tells of a camera that another has told of: what it leaves out and what it gets wrong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from citycam.inventory.estate import Agency, Device
from citycam.inventory.handwriting import Hand


def retell(device: Device, other: Agency, first: Hand, second: Hand, chance: random.Random) -> dict[str, Any]:
    """The camera's facts as `other` has them: near its position, still told by an identity or its stream."""
    facts = dict(device.facts)
    facts |= {"agency": other.name, "agency_tier": other.tier}
    for name in ("latitude", "longitude"):
        facts[name] = round(facts[name] + chance.uniform(-6e-5, 6e-5), 6)
    facts["site"] = str(facts["site"]).rpartition(" ")[0]
    mistakes = [name for name in _MISTAKES if _tellable(name, first, second)]
    _MISTAKES[chance.choice(mistakes)](facts, chance)
    if chance.random() < 0.2:
        facts |= {"width": 640, "picture_height": 480}
    return facts


def _spelled_otherwise(facts: dict[str, Any], chance: random.Random) -> None:
    serial = str(facts["serial"])
    facts["serial"] = chance.choice((serial.lower(), f"{serial[:4]}-{serial[4:]}", f"S/N: {serial}", f" {serial} "))
    facts.pop("onvif_endpoint", None)
    facts.pop("mac", None)


def _by_mac(facts: dict[str, Any], chance: random.Random) -> None:
    facts["mac"] = chance.choice((facts["mac"].upper().replace(":", "-"), facts["mac"].replace(":", "")))
    facts.pop("serial"), facts.pop("onvif_endpoint", None)


def _by_endpoint(facts: dict[str, Any], _chance: random.Random) -> None:
    facts.pop("serial"), facts.pop("mac")


def _mistyped(facts: dict[str, Any], chance: random.Random) -> None:
    serial = str(facts["serial"])
    at = chance.randrange(2, len(serial) - 2)
    facts["serial"] = serial[:at] + serial[at + 1] + serial[at] + serial[at + 2 :]
    facts.pop("onvif_endpoint", None)


def _confused(facts: dict[str, Any], _chance: random.Random) -> None:
    facts["serial"] = str(facts["serial"]).replace("0", "O").replace("1", "I")
    facts.pop("onvif_endpoint", None)
    facts.pop("mac")


def _by_stream(facts: dict[str, Any], _chance: random.Random) -> None:
    for name in ("serial", "mac", "onvif_endpoint"):
        facts.pop(name, None)


_MISTAKES: Mapping[str, Callable[[dict[str, Any], random.Random], None]] = {
    "serial spelled otherwise": _spelled_otherwise,
    "MAC alone": _by_mac,
    "ONVIF endpoint alone": _by_endpoint,
    "serial mistyped": _mistyped,
    "O for 0": _confused,
    "place and stream": _by_stream,
}


def _tellable(mistake: str, first: Hand, second: Hand) -> bool:
    """Whether both lists have the columns that still identify the camera."""
    needed = {"ONVIF endpoint alone": "onvif_endpoint", "place and stream": "path"}.get(mistake, "serial")
    return needed in first.fields and needed in second.fields
