"""Words and numbers in three languages at once: the reader chooses on the page, and it works on paper too.

What differs between languages is written once in each, in a `span` with its `lang`; the style sheet shows one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from citycam.model.units import show_bytes, show_rate
from citycam.policy.regulation import Words

LANGUAGES = ("vi", "en", "fr")
TEXTS = Path(__file__).parent / "texts" / "city.yaml"
_SIGNS = {"vi": (".", ","), "en": (",", "."), "fr": ("\u202f", ",")}
"""Between thousands, and before decimals."""


@dataclass(frozen=True)
class Quantity:
    """A number and how it is written: `count`, `share` (of one), `rate` (b/s), `bytes`, `byterate`, …"""

    value: float
    kind: str = "count"

    def text(self, language: str) -> str:
        """As a language writes it."""
        return localised(_WRITTEN[self.kind](self.value), language)


@dataclass(frozen=True)
class Term:
    """A word of the catalogue, by its key."""

    key: str

    def text(self, language: str) -> str:
        """In a language.

        Raises:
            KeyError: the catalogue has no such key.
        """
        return str(getattr(texts()[self.key], language))


Value = str | int | float | date | Quantity | Term | Words | None


_WRITTEN: dict[str, Callable[[float], str]] = {
    "count": lambda value: f"{value:,.0f}",
    "share": lambda value: f"{_floored(value * 100):.1f} %" if 0 < value < 1 else f"{value * 100:.0f} %",
    "rate": show_rate,
    "bytes": show_bytes,
    "byterate": lambda value: f"{show_bytes(value)}/s",
    "short": lambda value: f"{value:,.4g}",
    "degrees": lambda value: f"{value:.5f}",
    "plain": lambda value: f"{value:,.1f}",
}


def _floored(percent: float) -> float:
    """To one digit, never rounded up: 99.98 is not 100."""
    return math.floor(percent * 10 + 1e-9) / 10


def localised(number: str, language: str) -> str:
    """A number written the English way, as a language writes it."""
    thousands, decimal = _SIGNS[language]
    return number.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def in_language(value: Value, language: str) -> str:
    """Any value as text in one language; nothing for None."""
    match value:
        case None:
            return ""
        case Quantity() | Term():
            return value.text(language)
        case Words():
            return str(getattr(value, language))
        case bool() | str():
            return str(value)
        case int() | float():
            return Quantity(value).text(language)
        case date():
            return value.isoformat() if language == "en" else f"{value:%d/%m/%Y}"


def show(value: Value) -> Markup:
    """Any value on the page: once when all languages write it alike, else in each."""
    written = {language: in_language(value, language) for language in LANGUAGES}
    return _spans(written)


def say(key: str, **values: Value) -> Markup:
    """A text of the catalogue on the page, in every language.

    Raises:
        KeyError: the catalogue has no such key, or the text needs a value that is not given.
    """
    return _spans({language: tell(key, language, **values) for language in LANGUAGES})


def tell(key: str, language: str, **values: Value) -> str:
    """A text of the catalogue in one language."""
    pattern: str = getattr(texts()[key], language)
    return pattern.format(**{name: in_language(value, language) for name, value in values.items()})


@cache
def texts() -> dict[str, Words]:
    """Key → text in three languages."""
    tree = YAML(typ="safe", pure=True).load(TEXTS.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Words]).validate_python({str(key): value for key, value in tree.items()})


def _spans(written: dict[str, str]) -> Markup:
    if len(set(written.values())) == 1:
        return escape(written["en"])
    return Markup("").join(
        Markup('<span lang="{}">{}</span>').format(language, text) for language, text in written.items()
    )
