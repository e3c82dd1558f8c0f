from __future__ import annotations

import os
from dataclasses import replace

import pytest

from simulators.bench import processes
from simulators.bench.load import Account, addresses, cam_targets
from simulators.bench.run import Run

from .runs import RUN


def test_cpu_and_memory_are_per_frame_and_camera() -> None:
    assert RUN.cpu_us == pytest.approx(10)
    assert RUN.memory_kb == pytest.approx(10)
    assert RUN.share == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("run", "whole"),
    [
        (RUN, True),
        (replace(RUN, account=Account(None, None)), True),  # a server that does not know
        (replace(RUN, frames=9_900), True),  # of each camera one is still on its way
        (replace(RUN, frames=9_899), False),
        (replace(RUN, account=Account(1, 3.0)), False),
        (replace(RUN, lost=1), False),
        (replace(RUN, closed=1), False),
    ],
)
def test_a_run_is_whole_when_every_frame_came(run: Run, whole: bool) -> None:
    assert run.whole is whole


@pytest.mark.parametrize(
    ("cpu_s", "drain_cpu_s", "limit"),
    [(9.4, 9.4, ""), (9.4, 9.5, "reader"), (9.6, 1.0, "server"), (9.9, 9.9, "reader and server")],
)
def test_who_is_at_the_limit_is_said(cpu_s: float, drain_cpu_s: float, limit: str) -> None:
    assert replace(RUN, cpu_s=cpu_s, drain_cpu_s=drain_cpu_s).limit == limit


def test_a_process_is_measured_by_its_own_clock() -> None:
    before = processes.cpu_seconds(os.getpid())
    sum(range(200_000))
    assert processes.cpu_seconds(os.getpid()) > before
    assert 0 < processes.memory_bytes([os.getpid()]) <= processes.resident_bytes([os.getpid()])


def test_what_the_host_takes_away_only_grows() -> None:
    before = processes.stolen_seconds()
    assert 0 <= before <= processes.stolen_seconds()


def test_a_process_that_has_ended_cannot_be_measured() -> None:
    child = os.spawnlp(os.P_NOWAIT, "true", "true")
    os.waitpid(child, 0)
    with pytest.raises(OSError, match=r"Invalid argument|No such process"):
        processes.cpu_seconds(child)


def test_every_camera_has_an_address_of_its_own() -> None:
    found = addresses(600)
    assert len(set(found)) == 600
    assert found[:1] + found[254:257] == ["127.18.0.1", "127.18.0.255", "127.18.1.0", "127.18.1.1"]
    assert [target.path for target in cam_targets(2, 554)] == ["/cam-1", "/cam-2"]
