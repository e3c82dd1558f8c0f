import random

from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import ExitCode
from citycam.model.verdict import Verdict, merge

verdicts = st.sampled_from(Verdict)
some = st.lists(verdicts, min_size=1)


def test_only_pass_is_success() -> None:
    assert [verdict for verdict in Verdict if verdict.exit_code == ExitCode.OK] == [Verdict.PASS]


def test_nothing_measured_is_unknown() -> None:
    assert merge([]) is Verdict.UNKNOWN


@given(some)
def test_fail_beats_unknown_beats_pass(parts: list[Verdict]) -> None:
    merged = merge(parts)
    if Verdict.FAIL in parts:
        assert merged is Verdict.FAIL
    elif Verdict.UNKNOWN in parts:
        assert merged is Verdict.UNKNOWN
    elif Verdict.PASS in parts:
        assert merged is Verdict.PASS
    else:
        assert merged is Verdict.NOT_APPLICABLE


@given(some, some)
def test_merging_halves_equals_merging_the_whole(left: list[Verdict], right: list[Verdict]) -> None:
    assert merge([merge(left), merge(right)]) is merge(left + right)


@given(some, st.randoms())
def test_order_does_not_matter(parts: list[Verdict], chance: random.Random) -> None:
    shuffled = list(parts)
    chance.shuffle(shuffled)
    assert merge(shuffled) is merge(parts)
