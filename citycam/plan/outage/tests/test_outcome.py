import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.errors import ConfigError
from citycam.plan.coefficients import coefficients
from citycam.plan.outage.layout import grid
from citycam.plan.outage.outcome import Outcome, dump_outcome, run_scenario, spread
from citycam.plan.outage.scenario import load_scenario
from citycam.plan.outage.timings import timings

LAYOUT = grid(60, 6, 3, 512_000, coefficients(), setup_cores=2)


def outcome(runs: int = 1, seed: int = 7) -> Outcome:
    return run_scenario(load_scenario("node-dies"), LAYOUT, timings(), seed=seed, runs=runs)


def test_a_spread_by_hand() -> None:
    found = spread(range(1, 101))
    assert found is not None
    assert (found.count, found.least, found.p50, found.p95, found.p99, found.most) == (100, 1, 50, 95, 99, 100)
    assert spread([]) is None


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_a_spread_is_in_order(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    assert found.least <= found.p50 <= found.p95 <= found.p99 <= found.most


def test_an_outcome_is_a_file_with_a_schema() -> None:
    text = dump_outcome(outcome(3))
    assert text == dump_outcome(outcome(3))
    assert Outcome.model_validate_json(text).ground.cameras == 60
    read = json.loads(text)
    assert (read["schema"], read["schema_version"], len(read["cameras"])) == ("citycam.outage", 1, 20)
    assert {one["kind"] for one in read["timings"]} == {"measured", "documented", "set", "unmeasured"}


def test_what_is_not_measured_is_named() -> None:
    assert "gateway.setup_cpu" in outcome().unmeasured
    assert not {"gateway.start", "gateway.retry_pause"} & set(outcome().unmeasured)


def test_many_runs_hold_each_of_them() -> None:
    many, each = outcome(4), [outcome(seed=7 + number) for number in range(4)]
    assert many.gap is not None
    assert many.gap.most == max(one.gap.most for one in each if one.gap)
    assert many.gap.count == 80
    assert many.frames_lost == max(one.frames_lost for one in each)


def test_frames_are_the_time_by_the_frame_rate() -> None:
    one = outcome()
    assert one.frames_lost == pytest.approx(15 * sum(camera.seconds for camera in one.cameras), abs=1)


@pytest.mark.parametrize("runs", [0, 10_001])
def test_a_number_of_runs_that_cannot_be_is_refused(runs: int) -> None:
    with pytest.raises(ConfigError, match="runs"):
        outcome(runs)
