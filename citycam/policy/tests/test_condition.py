from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citycam.policy.condition import Condition, Lookup, Truth


def condition(**tree: object) -> Condition:
    return Condition.model_validate(tree)


def known(**facts: object) -> Lookup:
    return lambda fact: (facts[fact],) if fact in facts else ()


@pytest.mark.parametrize(
    ("tree", "yes", "no"),
    [
        ({"is": "h264"}, "h264", "h265"),
        ({"in": ["h264", "h265"]}, "h265", "mjpeg"),
        ({"at_least": 12}, 12, 11.9),
        ({"at_most": 90}, 90, 91),
        ({"at_least": date(2026, 7, 1)}, date(2026, 7, 1), date(2026, 6, 30)),
        ({"before": date(2026, 7, 1)}, date(2026, 6, 30), date(2026, 7, 1)),
        ({"within": 1}, -1.0, -1.01),
        ({"has_any": ["S", "T"]}, ("G", "T"), ("G",)),
        ({"only": ["digest"]}, ("digest",), ("digest", "basic")),
        ({"starts_with": ["QCVN 135", "QCVN 11:2026"]}, "QCVN 11:2026/BCA", "QCVN 11:2016"),
        ({"names": ["hikvision"]}, "Hãng HIK-Vision", "Dahua"),
        ({"version_at_least": "5.4.5"}, "V5.4.41 build 170710", "V5.4.4 build 161125"),
        ({"version_at_least": "5.4"}, "5.4.0", "5.3.9"),
    ],
)
def test_an_operator_is_true_false_and_unknown(tree: dict[str, object], yes: object, no: object) -> None:
    one = condition(fact="x", **tree)
    assert one.judge(known(x=yes)) is True
    assert one.judge(known(x=no)) is False
    assert one.judge(known()) is None


def test_another_fact_may_be_the_limit() -> None:
    one = condition(fact="bandwidth", at_least={"fact": "bitrate", "times": 1.25})
    assert one.facts() == ("bandwidth", "bitrate")
    assert one.judge(known(bandwidth=5.0, bitrate=4.0)) is True
    assert one.judge(known(bandwidth=4.9, bitrate=4.0)) is False
    assert one.judge(known(bandwidth=4.9)) is None


def test_values_that_contradict_each_other_are_unknown_only_where_it_matters() -> None:
    one = condition(fact="fps", at_least=12)
    assert one.judge(lambda _: (25, 15)) is True
    assert one.judge(lambda _: (25, 10)) is None
    assert one.judge(lambda _: (5, 10)) is False


TRUTHS = st.sampled_from([True, False, None])


def as_lookup(**truths: Truth) -> Lookup:
    return lambda fact: () if truths[fact] is None else (truths[fact],)


@given(TRUTHS, TRUTHS)
def test_combinations_follow_kleene(a: Truth, b: Truth) -> None:
    parts = [{"fact": "a", "is": True}, {"fact": "b", "is": True}]
    look = as_lookup(a=a, b=b)
    both, either = condition(all=parts).judge(look), condition(any=parts).judge(look)
    assert both is (False if False in (a, b) else None if None in (a, b) else True)
    assert either is (True if True in (a, b) else None if None in (a, b) else False)
    assert condition(**{"not": parts[0]}).judge(look) is (None if a is None else not a)


@pytest.mark.parametrize(
    "tree",
    [
        {},
        {"fact": "fps"},
        {"at_least": 12},
        {"fact": "fps", "at_least": 1, "at_most": 2},
        {"fact": "fps", "is": 1, "all": [{"fact": "fps", "is": 1}]},
        {"all": [{"fact": "fps", "is": 1}], "any": [{"fact": "fps", "is": 1}]},
        {"fact": "fps", "exec": "import os"},
    ],
)
def test_what_is_not_one_condition_is_refused(tree: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        condition(**tree)


def test_a_condition_reads_as_a_sentence() -> None:
    one = condition(all=[{"fact": "fps", "at_least": 12}, {"any": [{"fact": "codec", "in": ["h264", "h265"]}]}])
    assert str(one) == "fps is at least 12 and (codec is one of h264, h265)"
