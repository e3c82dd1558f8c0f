"""All words of a report, by language: `texts/<language>.yaml`, and how numbers are written in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from citycam.gates.criterion import Unit
from citycam.gates.registry import all_criteria
from citycam.model.errors import ConfigError
from citycam.model.units import show_bytes, show_duration

LANGUAGES = ("en", "vi")
HANOI = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""Seven hours before UTC since 1975, without summer time: no time-zone tables are needed."""
MINUS = "−"


@dataclass(frozen=True)
class Catalogue:
    """The words of one language. Call it with a key and the values of its placeholders."""

    language: str

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key.

        Raises:
            KeyError: the catalogue has no such key.
        """
        return _texts(self.language)[key].format(**values)

    @property
    def companion(self) -> Catalogue:
        """The language printed beside this one."""
        return Catalogue("vi" if self.language == "en" else "en")

    def criterion(self, identifier: str, part: str) -> str:
        """`title`, `fail_title`, `why` or `how` of a criterion; English is written in the criterion itself."""
        translated = _texts(self.language).get(f"criterion.{identifier}.{part}")
        if translated is not None:
            return translated
        known = all_criteria().get(identifier)
        return str(getattr(known, part)) if known else identifier

    def finding(self, kind: str) -> str:
        """A kind of defect in words; a kind this catalogue does not know stays as it is."""
        return _texts(self.language).get(f"finding.{kind}", kind)

    def number(self, value: float) -> str:
        """A whole number with thousands apart."""
        return self._local(f"{value:,.0f}")

    def share(self, percent: float | None) -> str:
        """A percentage, never rounded up: 99.99996 is not 100."""
        if percent is None:
            return "–"
        floor = Decimal(str(percent)).quantize(Decimal("0.0001"), ROUND_FLOOR)
        return self._local(f"{_plain(floor)} %")

    def measure(self, value: float | None, unit: Unit) -> str:
        """A measured value in its unit."""
        if value is None:
            return "–"
        match unit:
            case Unit.SHARE:
                return self.share(value)
            case Unit.SECONDS:
                return self._local(f"{value:.3f} s")
            case Unit.COUNT:
                return self.number(value)

    def limit(self, value: float | None, unit: Unit) -> str:
        """A limit with its direction."""
        if value is None:
            return "–"
        sign = "≥" if unit.more_is_better else "≤"
        suffix = "" if unit is Unit.COUNT else f" {unit}"
        return self._local(f"{sign} {_plain(Decimal(str(value)))}{suffix}")

    def margin(self, value: float | None, unit: Unit) -> str:
        """A signed distance to the limit; of shares in percentage points (`pp`)."""
        if value is None:
            return "–"
        sign = MINUS if value < 0 else "+" if value > 0 else "±"
        size = abs(value)
        match unit:
            case Unit.SHARE:
                digits = next((n for n in (4, 6) if round(size, n)), 9)
                return self._local(f"{sign}{_plain(Decimal(f'{size:.{digits}f}'))} pp")
            case Unit.SECONDS:
                return self._local(f"{sign}{size:.3f} s")
            case Unit.COUNT:
                return sign + self.number(size)

    def duration(self, seconds: float) -> str:
        """A duration for people."""
        return self._local(show_duration(seconds))

    def size(self, count: float) -> str:
        """A size in bytes for people."""
        return self._local(show_bytes(count))

    def moment(self, ns: int, zone: str = "local") -> str:
        """A time (ns since 1970) in Hanoi, or with `zone="utc"` in UTC."""
        whole = datetime.fromtimestamp(ns // 1_000_000_000, HANOI)
        if zone == "utc":
            return whole.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return whole.strftime("%d/%m/%Y %H:%M:%S" if self.language == "vi" else "%-d %b %Y, %H:%M:%S")

    def _local(self, number: str) -> str:
        if self.language != "vi":
            return number
        return number.translate(str.maketrans(",.", ".,")).replace(" min ", " phút ")


def catalogue(language: str = "en") -> Catalogue:
    """The catalogue of a language.

    Raises:
        ConfigError: there is none.
    """
    if language not in LANGUAGES:
        raise ConfigError(f"reports do not speak {language!r}", next=f"use one of {', '.join(LANGUAGES)}")
    return Catalogue(language)


@cache
def _texts(language: str) -> dict[str, str]:
    path = Path(__file__).with_name("texts") / f"{language}.yaml"
    return {str(key): str(text) for key, text in YAML(typ="safe").load(path.read_text(encoding="utf-8")).items()}


def _plain(value: Decimal) -> str:
    """Without trailing zeros, and never as 1E+2."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
