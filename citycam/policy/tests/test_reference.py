"""The pages in docs are those that the data makes."""

from __future__ import annotations

import os
from datetime import date

import pytest

from citycam.model.workspace import PROJECT
from citycam.policy.moratorium import load_moratorium
from citycam.policy.reference import markdown, page, rulings
from citycam.policy.standard import load_standards

REFERENCE = PROJECT / "docs" / "reference"


def test_the_page_of_the_standard_is_true() -> None:
    path = REFERENCE / "technical-standard.md"
    if os.environ.get("CITYCAM_WRITE_DOCS"):
        path.write_text(page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page()


def test_the_page_of_the_freeze_holds_its_rules() -> None:
    assert rulings(load_moratorium()) in (REFERENCE / "moratorium.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["vi", "en", "fr"])
def test_every_rule_is_told_in_every_language(language: str) -> None:
    text = markdown(load_standards(), None, language)
    for standard in load_standards():
        assert f"## {getattr(standard.topic, language)}" in text
        assert all(getattr(rule.title, language) in text for rule in standard.rules)


def test_only_the_rules_of_a_day_are_told() -> None:
    assert "encryption-in-transit-before-july-2026" in markdown(load_standards(), date(2026, 6, 30))
    assert "encryption-in-transit-before-july-2026" not in markdown(load_standards(), date(2026, 7, 1))
