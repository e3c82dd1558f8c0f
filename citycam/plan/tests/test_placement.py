import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.placement import Full, place

WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=8), st.floats(0.001, 0.3), max_size=40)


def bins(count: int) -> list[str]:
    return [f"bin-{number}" for number in range(1, count + 1)]


@given(WEIGHTS, st.randoms())
def test_no_bin_is_overfull_and_order_does_not_matter(weights: dict[str, float], chance: random.Random) -> None:
    names = bins(int(sum(weights.values()) * 2) + 2)
    placed = place(weights, names, limit=0.8, most=1.0)
    assert placed.keys() == weights.keys()
    for name in names:
        assert sum(weights[item] for item, home in placed.items() if home == name) <= 0.8 + 1e-9
    shuffled = list(weights)
    chance.shuffle(shuffled)
    chance.shuffle(names)
    again = place({item: weights[item] for item in shuffled}, names, limit=0.8, most=1.0)
    assert again == placed


@given(WEIGHTS, st.floats(0, 0.2))
def test_what_is_kept_moves_only_from_an_overfull_bin(weights: dict[str, float], growth: float) -> None:
    names = bins(int(sum(weights.values()) * 2) + 3)
    before = place(weights, names, limit=0.8, most=1.0)
    grown = {item: weight * (1 + growth) for item, weight in weights.items()}
    after = place(grown, names, limit=0.98, most=1.0, kept=before)
    assert after == before, "0.8 × 1.2 is not more than 1"


def test_an_overfull_bin_gives_away_only_what_it_must() -> None:
    kept = {"heavy": "bin-1", "middle": "bin-1", "light": "bin-1"}
    after = place({"heavy": 0.6, "middle": 0.35, "light": 0.1}, bins(2), limit=0.8, most=1.0, kept=kept)
    assert after == {"heavy": "bin-1", "middle": "bin-1", "light": "bin-2"}


def test_what_fits_nowhere_is_named() -> None:
    with pytest.raises(Full, match="b"):
        place({"a": 0.5, "b": 0.4}, bins(1), limit=0.8, most=1.0)


def test_a_bin_that_is_gone_keeps_nothing() -> None:
    assert place({"a": 0.5}, bins(1), limit=0.8, most=1.0, kept={"a": "bin-9"}) == {"a": "bin-1"}
