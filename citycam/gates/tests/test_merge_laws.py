"""Two halves merged equal the whole; merging is associative and commutative."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citycam.gates.evidence import Evidence
from citycam.gates.registry import all_criteria
from citycam.gates.samples import merge_samples, merge_sums, quantile
from citycam.gates.tests.runs import plausible
from citycam.model.verdict import Verdict

CAMERAS = 6
STRICT = {"time-error": 0.001, "fleet-lateness": 0.001, "live-start-time": 0.001, "unmoved-frames": 1.0}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A run in which everything that can differ between cameras does."""
    draft = plausible(CAMERAS, 10)
    draft.lose("cam-000002", 10)
    draft.move("cam-000003", gap_ms=101_000.0, overlap_ms=200_000.0)
    draft.tables["metrics"] = [row for row in draft.tables["metrics"] if row["camera"] != "cam-000004"]
    draft.row("metrics", "cam-000001")["value"] = 0.0
    draft.row("playback", "cam-000003").update(ok=False, why="black")
    draft.row("cameras", "cam-000005").update(frames_sent=0, recorded_once=0)
    draft.tables["cameras"].pop()
    draft.row("segments", "cam-000001")["time_error_ms"] = float("nan")
    for row in draft.tables["requests"][::5]:
        row["ok"] = False
    return Evidence(draft.write(tmp_path_factory.mktemp("run")))


@pytest.fixture(scope="module")
def single(evidence: Evidence) -> dict[str, list[Any]]:
    """Criterion → the tally of each camera alone."""
    return {
        name: [criterion.tally(evidence.only([camera.id])) for camera in evidence.plan().cameras]
        for name, criterion in all_criteria().items()
    }


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.sets(st.integers(0, CAMERAS - 1)))
@pytest.mark.parametrize("name", all_criteria())
def test_halves_merged_are_the_whole(evidence: Evidence, name: str, chosen: set[int]) -> None:
    criterion = all_criteria()[name]
    cameras = [camera.id for camera in evidence.plan().cameras]
    half = [cameras[index] for index in chosen]
    rest = [camera for camera in cameras if camera not in half]
    merged = criterion.merge(criterion.tally(evidence.only(half)), criterion.tally(evidence.only(rest)))
    assert merged == criterion.tally(evidence)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(CAMERAS)), cut=st.integers(1, CAMERAS - 1))
@pytest.mark.parametrize("name", all_criteria())
def test_any_order_and_grouping_gives_one_tally_and_one_verdict(
    single: dict[str, list[Any]], name: str, order: list[int], cut: int
) -> None:
    criterion = all_criteria()[name]
    parts = [single[name][index] for index in order]
    flat = reduce(criterion.merge, single[name])
    grouped = criterion.merge(reduce(criterion.merge, parts[:cut]), reduce(criterion.merge, parts[cut:]))
    assert grouped == flat
    assert criterion.result(grouped, 50.0) == criterion.result(flat, 50.0)


def test_the_spoiled_run_is_worth_testing(evidence: Evidence) -> None:
    verdicts = {
        name: criterion.result(criterion.tally(evidence), STRICT.get(name, 100.0))
        for name, criterion in all_criteria().items()
        if name != "unexplained-gaps"
    }
    assert {result.verdict for result in verdicts.values()} == {Verdict.FAIL, Verdict.UNKNOWN}


sums = st.dictionaries(st.sampled_from("abc"), st.tuples(st.integers(0, 99), st.integers(0, 99)))
samples = st.lists(st.floats(0, 1e6)).map(lambda values: tuple(sorted(values)))


@given(sums, sums, sums)
def test_sums_merge_in_any_order(a: Any, b: Any, c: Any) -> None:
    assert merge_sums(a, b) == merge_sums(b, a)
    assert merge_sums(merge_sums(a, b), c) == merge_sums(a, merge_sums(b, c))


@given(samples, samples, samples)
def test_samples_merge_in_any_order(a: Any, b: Any, c: Any) -> None:
    assert merge_samples(a, b) == merge_samples(b, a) == tuple(sorted(a + b))
    assert merge_samples(merge_samples(a, b), c) == merge_samples(a, merge_samples(b, c))


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.integers(1, 100))
def test_a_quantile_is_observed_and_leaves_enough_below_it(values: list[float], percent: int) -> None:
    found = quantile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)


def test_no_samples_have_no_quantile() -> None:
    with pytest.raises(ValueError, match="no samples"):
        quantile((), 95)
