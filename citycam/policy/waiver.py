"""Waivers: a camera need not meet a rule until a day, for a reason, on somebody's responsibility.

A waiver that has expired counts as a failure until the camera meets the rule or the waiver is granted anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from citycam.model.camera import CameraId
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.policy.regulation import RuleId

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Waiver(Document):
    """One rule that some cameras need not meet. `expires` is the first day it no longer counts."""

    rule: RuleId
    cameras: Annotated[tuple[CameraId, ...], Field(min_length=1)]
    owner: Text
    reason: Text
    expires: date

    def holds(self, day: date) -> bool:
        """Whether it still counts on `day`."""
        return day < self.expires


class _Waivers(Document):
    schema_version: Literal[1]
    waivers: tuple[Waiver, ...]


class Waivers:
    """Waivers by camera and rule; of several for the same, the one that lasts longest counts."""

    def __init__(self, waivers: Iterable[Waiver] = ()) -> None:
        self._of: dict[tuple[str, str], Waiver] = {}
        for waiver in sorted(waivers, key=lambda one: (one.expires, one.owner, one.reason)):
            self._of.update(dict.fromkeys(((camera, waiver.rule) for camera in waiver.cameras), waiver))

    def __bool__(self) -> bool:
        return bool(self._of)

    def of(self, camera: str, rule: str) -> Waiver | None:
        """The waiver of a camera for a rule, expired or not."""
        return self._of.get((camera, rule))


def load_waivers(path: Path, known_rules: Iterable[str]) -> Waivers:
    """Read a waiver file.

    Raises:
        ConfigError: not a waiver file (file and line), or a waiver for a rule that does not exist.
    """
    waivers = load(path, _Waivers).waivers
    known = set(known_rules)
    for number, waiver in enumerate(waivers, 1):
        if waiver.rule not in known:
            raise ConfigError(
                f"waiver {number} is for the rule {waiver.rule}, which does not exist",
                where=str(path),
                next="see `citycam policy standard` for the rules",
            )
    return Waivers(waivers)
