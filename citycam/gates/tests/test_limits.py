from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.gates.limits import parse_limits
from citycam.gates.tests.runs import GATES
from citycam.model.errors import ConfigError


def test_limits_are_read_in_the_units_of_their_criteria() -> None:
    assert parse_limits(GATES) == {
        "cameras-connected": 100.0,
        "frame-completeness": 99.99,
        "unexplained-gaps": 0.0,
        "live-start-time": 3.0,
        "playback": 100.0,
        "time-error": 1.0,
        "fleet-lateness": 0.2,
        "evidence-complete": 100.0,
    }
    assert parse_limits({"time-error": "500ms"}) == {"time-error": 0.5}


@given(st.integers(0, 10_000))
def test_a_share_is_read_as_it_is_written(hundredths: int) -> None:
    assert parse_limits({"playback": f"{hundredths / 100:.2f} %"}) == {"playback": hundredths / 100}


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        ("frame-completeness", "99.99"),
        ("frame-completeness", "3s"),
        ("frame-completeness", "101%"),
        ("frame-completeness", "-1%"),
        ("unexplained-gaps", "0%"),
        ("unexplained-gaps", "1.5"),
        ("unexplained-gaps", "-1"),
        ("unexplained-gaps", "٣"),
        ("live-start-time", "3"),
        ("live-start-time", "3%"),
        ("time-error", ""),
    ],
)
def test_a_limit_in_another_unit_is_refused_with_an_example(criterion: str, text: str) -> None:
    with pytest.raises(ConfigError, match=criterion) as caught:
        parse_limits({criterion: text}, where="smoke.yaml:22")
    assert caught.value.where == "smoke.yaml:22"
    assert caught.value.next.startswith("write it as")


def test_an_unknown_criterion_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(ConfigError, match="did you mean 'frame-completeness'"):
        parse_limits({"frames-completeness": "99%"})
