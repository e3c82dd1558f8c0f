from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.gates.criterion import Unit
from citycam.gates.registry import all_criteria
from citycam.report.catalogue import LANGUAGES, _texts, catalogue


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    english, other = _texts("en"), _texts(language)
    assert {key for key in other if not key.startswith("criterion.")} == set(english)
    for key, text in english.items():
        assert placeholders(other[key]) == placeholders(text), key


def test_vietnamese_has_the_words_of_every_criterion_and_of_no_other() -> None:
    parts = {f"criterion.{name}.{part}" for name in all_criteria() for part in ("title", "fail_title", "why", "how")}
    assert {key for key in _texts("vi") if key.startswith("criterion.")} == parts


def test_numbers_are_written_as_each_language_does() -> None:
    en, vi = catalogue("en"), catalogue("vi")
    assert (en.number(1234567), vi.number(1234567)) == ("1,234,567", "1.234.567")
    assert (en.measure(0.4567, Unit.SECONDS), vi.measure(0.4567, Unit.SECONDS)) == ("0.457 s", "0,457 s")
    assert en.limit(99.99, Unit.SHARE) == "≥ 99.99 %"
    assert en.limit(100.0, Unit.SHARE) == "≥ 100 %"
    assert en.limit(0.0, Unit.COUNT) == "≤ 0"
    assert en.margin(-12.0, Unit.COUNT) == "−12"
    assert en.margin(0.01, Unit.SHARE) == "+0.01 pp"
    assert en.measure(None, Unit.SHARE) == en.margin(None, Unit.SHARE) == en.limit(None, Unit.COUNT) == "–"


@given(st.floats(0, 99.99999))
def test_less_than_everything_is_never_shown_as_everything(percent: float) -> None:
    assert catalogue().share(percent) != "100 %"


@given(st.floats(-100, -1e-9))
def test_a_broken_limit_never_has_a_margin_of_nothing(margin: float) -> None:
    shown = catalogue().margin(round(margin, 9), Unit.SHARE)
    assert shown.startswith("−")
    assert float(shown[1:].removesuffix(" pp")) > 0
