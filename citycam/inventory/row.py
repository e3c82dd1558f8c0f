"""A row that is being read: its cells by field, and what has been said of them so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from citycam.inventory import network, quantities
from citycam.inventory.choices import choice, choices
from citycam.inventory.network import Credentials
from citycam.inventory.remark import Level
from citycam.inventory.spelling import Cell, Unreadable, says_unknown, shown

T = TypeVar("T")
Facts = dict[str, Any]
"""Fields of a `CameraRecord`, as JSON has them; what is unknown is not there."""

STRICT = frozenset(
    "ward position latitude longitude serial mac ip port url recorder_channel quantity recorder_serial".split()
)
"""Fields that say which camera it is and where: what cannot be read there rejects the row."""
LONGEST = 500
_ABSENT = frozenset(
    "serial mac onvif_endpoint conformity_certificate recorder_serial firmware vendor model site".split()
)
"""Fields in which "không có" is the same as unknown."""


@dataclass(frozen=True)
class Spot:
    """A remark on a field of the row."""

    level: Level
    field: str
    wrong: str
    right: str = ""


@dataclass(frozen=True)
class Question:
    """What a person must decide about a field: the values it may have, and the one that looks likely."""

    field: str
    why: str
    candidates: tuple[int, ...]
    likely: int | None


@dataclass
class Reading:
    """What came out of a row: the facts of each camera in it, remarks, open questions, credentials per camera."""

    cameras: list[Facts] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    credentials: Credentials | None = None

    @property
    def rejected(self) -> bool:
        """Whether the row must be corrected."""
        return any(spot.level is Level.ERROR for spot in self.spots)


class Row:
    """The cells of a row, and what has been said of them."""

    def __init__(self, cells: Mapping[str, Cell], today: date, units: Mapping[str, str]) -> None:
        self.cells = {name: cell for name, cell in cells.items() if not self._empty(name, cell)}
        self.today = today
        self.units = units
        self.out = Reading()

    @staticmethod
    def _empty(name: str, cell: Cell) -> bool:
        return cell is None or (isinstance(cell, str) and says_unknown(shown(cell), absent=name in _ABSENT))

    def note(self, name: str, wrong: str, right: str = "") -> None:
        """Say something that does not reject the row; nothing when there is nothing to say."""
        if wrong:
            self.out.spots.append(Spot(Level.NOTE, name, wrong, right))

    def error(self, name: str, wrong: str, right: str) -> None:
        """Say what must be corrected."""
        self.out.spots.append(Spot(Level.ERROR, name, wrong, right))

    def read(self, name: str, parse: Callable[[Cell], T]) -> T | None:
        """The value of a field, or None: unknown, or unreadable and remarked upon."""
        if name not in self.cells:
            return None
        try:
            return parse(self.cells[name])
        except Unreadable as problem:
            if name in STRICT:
                self.error(name, problem.wrong, problem.right)
            else:
                self.note(name, f"{problem.wrong}; left unknown", problem.right)
            return None

    def noted(self, name: str, parse: Callable[[Cell], tuple[T, str]]) -> T | None:
        """The same for a parser that may have something to say."""
        found = self.read(name, parse)
        if found is None:
            return None
        self.note(name, found[1])
        return found[0]

    def text(self, name: str) -> str | None:
        """A text, without credentials and not longer than it should be."""
        if name not in self.cells:
            return None
        text = shown(self.cells[name])
        if len(text) > LONGEST:
            self.note(name, f"{len(text)} characters; the first {LONGEST} were kept", "a shorter text")
        return network.redacted(text[:LONGEST])

    def number(self, name: str, low: float, high: float, unit: str = "", *, whole: bool = False) -> float | None:
        """A number within its limits."""
        return self.read(name, lambda cell: quantities.within(quantities.number(cell, whole=whole), low, high, unit))

    def choice(self, name: str) -> str | None:
        """One of the words of `words.yaml`."""
        return self.noted(name, lambda cell: choice(name, cell))

    def choices(self, name: str) -> list[str] | None:
        """Several of them."""
        found = self.noted(name, lambda cell: choices(name, shown(cell)))
        return list(found) if found else None


def put(facts: Facts, **values: Any) -> None:
    """Add what is known; None is unknown."""
    facts.update({name: value for name, value in values.items() if value is not None})
