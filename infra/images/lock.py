"""The part of `requirements.lock` that some distributions need: themselves and all they depend on, with hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from citycam.model.errors import ConfigError

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")
_VIA = re.compile(r"^\s+#\s+(?:via\s+)?(?!via\b)(?P<name>[A-Za-z0-9._-]+)\s*$")


@dataclass(frozen=True)
class Pin:
    """One locked distribution: its lines in the lock file, and who asked for it."""

    name: str
    text: str
    wanted_by: frozenset[str]


def read_lock(text: str) -> dict[str, Pin]:
    """Pins by name out of a lock file as `uv pip compile --generate-hashes` writes it."""
    pins: dict[str, Pin] = {}
    for block in re.split(r"(?m)^(?=[A-Za-z0-9])", text):
        found = _PIN.match(block)
        if found:
            lines = block.rstrip().splitlines()
            wanted_by = frozenset(via["name"] for line in lines if (via := _VIA.match(line)))
            requirement = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
            pins[found["name"]] = Pin(found["name"], requirement, wanted_by)
    return pins


def closure(pins: dict[str, Pin], names: Iterable[str]) -> list[Pin]:
    """The named distributions and everything locked because of them, sorted by name.

    Raises:
        ConfigError: a name is not in the lock file.
    """
    wanted = set(names)
    for name in sorted(wanted - pins.keys()):
        raise ConfigError(f"{name} is not locked", where="requirements.lock", next="add it to pyproject.toml and lock")
    while more := {pin.name for pin in pins.values() if pin.wanted_by & wanted} - wanted:
        wanted |= more
    return [pins[name] for name in sorted(wanted)]
