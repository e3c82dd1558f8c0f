"""Figures: median, spread, peer, bar."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.figure import Bar, Figure, table


def test_a_figure_without_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="audit: not measured"):
        Figure("audit", "frames/s", ())


@pytest.mark.parametrize(
    ("bar", "value", "holds"),
    [(Bar(10), 10, True), (Bar(10), 10.1, False), (Bar(300, "more"), 300, True), (Bar(300, "more"), 299, False)],
)
def test_a_bar_has_a_right_side(bar: Bar, value: float, holds: bool) -> None:
    assert Figure("it", "s", (value,), bar).holds is holds


def test_a_row_tells_runs_peer_and_bar() -> None:
    row = Figure("audit", "frames/s", (300_000, 400_000, 200_000), Bar(250_000, "more"), "PyAV", (20_000, 30_000)).row()
    assert row == {
        "metric": "audit",
        "value": 300_000,
        "unit": "frames/s",
        "peer": {"name": "PyAV", "value": 25_000},
        "ratio": 12,
        "runs": [300_000, 400_000, 200_000],
        "spread": 0.6667,
        "bar": "≥ 250,000",
        "holds": True,
    }


def test_a_bar_that_is_missed_stands_out_in_the_table() -> None:
    text = table([Figure("fast", "s", (1.0,), Bar(2)), Figure("slow", "s", (3.0, 3.3), Bar(2))])
    _, _, fast, slow = text.splitlines()
    assert "| yes |" in fast
    assert "| **no** |" in slow
    assert "10%" in slow


@given(st.lists(st.floats(0.001, 1e9), min_size=1))
def test_the_value_lies_between_the_runs(runs: list[float]) -> None:
    figure = Figure("it", "s", tuple(runs))
    assert min(runs) <= figure.value <= max(runs)
    assert figure.spread >= 0
