from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from loadtests.journal import Heartbeat, JournalContents
from loadtests.summary import SCHEMA, idle, summarise, summarise_all, write_summary
from loadtests.tests.test_journal import REQUEST


def beats(*cpu: float, period_s: float = 0.5) -> list[Heartbeat]:
    return [Heartbeat(round(index * period_s * 1e9), percent, 0.0, 3) for index, percent in enumerate(cpu)]


def good() -> JournalContents:
    return JournalContents(
        header={"t": 0},
        requests=[REQUEST, replace(REQUEST, ok=False, error="OSError: refused")],
        heartbeats=beats(*[20.0] * 20, 99.0, 30.0),
        closed={"t": 9, "listener_errors": 0},
    )


def test_a_good_run() -> None:
    summary = summarise(good(), exit_code=0, expected_users=3)
    assert (summary.healthy, summary.why) == (True, "")
    assert (summary.users, summary.requests, summary.failures) == (3, 2, 1)
    assert (summary.cpu_percent_max, summary.seconds) == (99.0, 10.5)


def test_every_reason_not_to_trust_the_generator() -> None:
    def why(contents: JournalContents, exit_code: int = 0, users: int = 3, stopped: bool = False) -> str:
        summary = summarise(contents, exit_code, users, stopped)
        assert summary.healthy == (not summary.why)
        return summary.why

    assert why(good(), exit_code=-9) == "the generator ended with exit code -9"
    assert why(good(), users=4) == "only 3 of 4 users ever ran"
    assert why(good(), stopped=True) == "the load was stopped before its end"
    assert why(replace(good(), closed=None)) == "the generator ended without closing its journal"
    assert why(replace(good(), damaged=2)) == "2 lines of the journal cannot be read"
    assert why(replace(good(), closed={"listener_errors": 5})) == "5 requests could not be recorded"
    assert why(JournalContents(), exit_code=1) == "the generator never started; the generator ended with exit code 1"


@pytest.mark.parametrize(("length", "healthy"), [(9, True), (12, False)])
def test_a_busy_core_is_forgiven_for_a_moment_only(length: int, healthy: bool) -> None:
    summary = summarise(replace(good(), heartbeats=beats(10, *[95.0] * length, 10)), 0, 3)
    assert summary.healthy == healthy
    assert healthy or summary.why == "the generator used more than 90 % of a core for 6 s"


def test_silence_is_noticed() -> None:
    summary = summarise(replace(good(), heartbeats=beats(10, 10, period_s=7)), 0, 3)
    assert summary.why == "no heartbeat of the generator for 7 s"


def test_files_keep_full_resolution(tmp_path: Path) -> None:
    contents = good()
    write_summary(summarise(contents, 0, 3), contents.requests, tmp_path)
    table = pq.read_table(tmp_path / "requests.parquet")
    assert table.schema.equals(SCHEMA)
    assert table["response_ms"].to_pylist() == [145.123456] * 2
    assert table["error"].to_pylist() == ["", "OSError: refused"]
    document = json.loads((tmp_path / "load.json").read_text())
    assert document["schema_version"] == 1
    assert document["failures"] == 1


def test_a_run_without_users_is_healthy_and_empty(tmp_path: Path) -> None:
    write_summary(idle(), (), tmp_path)
    assert pq.read_table(tmp_path / "requests.parquet").schema.equals(SCHEMA)
    assert json.loads((tmp_path / "load.json").read_text())["healthy"]
    assert not idle("never started").healthy


def generators(**contents: JournalContents) -> dict[str, tuple[JournalContents, int]]:
    return {name: (one, 0) for name, one in contents.items()}


def test_several_generators_are_one_run() -> None:
    master = replace(good(), requests=[], heartbeats=[replace(beat, users=6) for beat in beats(*[5.0] * 20)])
    summary = summarise_all(generators(master=master, one=good(), two=good()), expected_users=6)
    assert (summary.healthy, summary.why) == (True, "")
    assert (summary.users, summary.requests, summary.failures) == (6, 4, 2)
    assert summary.cpu_percent_max == 99.0


def test_one_generator_that_cannot_be_trusted_voids_the_run_of_all() -> None:
    busy = replace(good(), heartbeats=beats(10, *[95.0] * 12, 10))
    summary = summarise_all(generators(one=good(), two=busy), expected_users=3)
    assert summary.why == "two: the generator used more than 90 % of a core for 6 s"
    assert not summary.healthy
    gone = summarise_all({"one": (good(), 0), "two": (JournalContents(), 137)}, expected_users=3)
    assert gone.why == "two: the generator never started; the generator ended with exit code 137"
    assert gone.exit_code == 137
    assert summarise_all(generators(one=good()), expected_users=7).why == "only 3 of 7 users ever ran"
    assert summarise_all({}, expected_users=1).why == "the generator never started"
