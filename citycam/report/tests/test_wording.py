from __future__ import annotations

import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.record import Kind, Purpose, State, Tier, UplinkKind
from citycam.plan.integration import Reason, Route
from citycam.plan.sites import Budget
from citycam.plan.sizing import Resource
from citycam.policy.sharing import Advice
from citycam.policy.standard import Cost
from citycam.report.verdicts import CLASSES
from citycam.report.wording import LANGUAGES, Quantity, Term, say, show, tell, texts


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_has_the_same_placeholders_in_every_language() -> None:
    for key, words in texts().items():
        assert len({frozenset(placeholders(getattr(words, language))) for language in LANGUAGES}) == 1, key


@pytest.mark.parametrize(
    ("group", "values"),
    [
        ("route", list(Route)),
        ("reason", list(Reason)),
        ("budget", list(Budget)),
        ("resource", list(Resource)),
        ("cost", list(Cost)),
        ("purpose", list(Purpose)),
        ("kind", list(Kind)),
        ("state", list(State)),
        ("tier", list(Tier)),
        ("uplink", list(UplinkKind)),
        ("verdict", list(CLASSES.values())),
        ("advice", [one.name.lower() for one in Advice]),
    ],
)
def test_every_choice_has_its_word(group: str, values: list[str]) -> None:
    assert {f"{group}.{value}" for value in values} <= texts().keys()


def test_numbers_are_written_as_each_language_does() -> None:
    number = Quantity(1_234_567.0)
    assert [number.text(language) for language in LANGUAGES] == ["1.234.567", "1,234,567", "1\u202f234\u202f567"]
    assert [Quantity(0.2819, "share").text(language) for language in LANGUAGES] == ["28,1 %", "28.1 %", "28,1 %"]
    assert Quantity(83.9e9, "rate").text("vi") == "83,9 Gb/s"
    assert Quantity(26.4e15, "bytes").text("fr") == "26,4 PB"
    assert tell("made", "vi", day=date(2026, 11, 24)).endswith("24/11/2026")


@given(st.floats(0.5, 0.999999))
def test_less_than_everything_is_never_shown_as_everything(share: float) -> None:
    assert not Quantity(share, "share").text("en").startswith("100")


def test_what_is_alike_in_all_languages_is_written_once() -> None:
    assert show("Phường Láng") == "Phường Láng"
    assert show(126) == "126"
    assert show(1260).count("<span lang=") == 3
    assert show(Term("route.rtsp")).count("<span lang=") == 3
    assert show(None) == ""


def test_values_are_escaped() -> None:
    assert "<b>" not in say("digest", digest="<b>")
    assert show("<script>") == "&lt;script&gt;"


def test_a_word_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        say("no.such.text")
    with pytest.raises(KeyError):
        say("digest")
