from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.bench.chart import costs_svg
from simulators.bench.load import Account
from simulators.bench.run import Run
from simulators.bench.sheet import against, capacity, costs, ratios, runs_table, sustains

from .runs import RUN


def with_cpu(name: str, *microseconds: float) -> list[Run]:
    return [replace(RUN, peer=name, cpu_s=one / 100) for one in microseconds]


FOUND = {
    "fleet": with_cpu("fleet", 10, 12),
    "unmarked": with_cpu("unmarked", 9.6, 11),
    "loop": with_cpu("loop", 8, 10),
    "peer": [replace(run, memory=600_000_000) for run in with_cpu("peer", 300, 240)],
}


@pytest.mark.parametrize(
    ("run", "holds"),
    [
        (RUN, True),
        (replace(RUN, account=Account(0, 10.0)), True),
        (replace(RUN, account=Account(0, 10.1)), False),
        (replace(RUN, account=Account(1, 1.0)), False),
        (replace(RUN, account=Account(0, None)), False),  # what nobody measured does not hold
    ],
)
def test_a_load_is_sustained_when_all_came_in_time(run: Run, holds: bool) -> None:
    assert sustains(run) is holds


def test_ratios_are_of_the_same_round() -> None:
    assert ratios((10, 30), (5, 10)) == (2, 3)
    with pytest.raises(ValueError, match="shorter"):
        ratios((1, 2), (1,))


def test_what_a_camera_costs_is_held_against_its_bars() -> None:
    figures = {figure.metric.partition(": ")[2]: figure for figure in costs(FOUND, "fleet", "unmarked", "loop")}
    of_loop = figures["CPU per frame, by that of the C loop"]
    assert (of_loop.runs, of_loop.holds) == ((1.25, 1.2), True)
    mark = figures["CPU for the watermark"]
    assert mark.value == pytest.approx((10 / 9.6 + 12 / 11) / 2 * 100 - 100)
    assert mark.holds is True
    assert figures["RSS a camera, all in"].value == pytest.approx(12)
    assert figures["CPU per frame"].ratio == pytest.approx(11 / 9)


def test_a_bar_that_is_missed_is_said() -> None:
    worse = {**FOUND, "fleet": with_cpu("fleet", 13, 14)}
    figures = costs(worse, "fleet", "unmarked", "loop")
    assert [figure.metric.partition(": ")[2] for figure in figures if figure.holds is False] == [
        "CPU per frame, by that of the C loop",
        "CPU for the watermark",
    ]


def test_a_peer_is_so_many_times_as_expensive() -> None:
    cpu, memory = against(FOUND, "fleet", "peer", 25, 500)
    assert cpu.runs == pytest.approx((30, 20))
    assert cpu.holds is True
    assert (memory.runs, memory.holds) == ((600, 600), True)
    assert [figure.holds for figure in against(FOUND, "fleet", "peer", 26, None)] == [False, None]


def test_capacity_is_held_against_its_bar() -> None:
    assert capacity("SD", [7000, 7500], 7000).holds is True
    assert capacity("SD", [6500], 7000).holds is False


def test_the_table_says_what_every_run_saw_and_who_was_at_the_limit() -> None:
    head, _, row = runs_table([replace(RUN, drain_cpu_s=9.9)]).splitlines()
    cells = dict(zip(head.strip("| ").split(" | "), row.strip("|").strip().split(" | "), strict=True))
    assert cells["at the limit"] == "reader"
    assert cells["of due"] == "100.0%"
    assert cells["p99 late"] == "3.0 ms"


def test_the_picture_has_every_server_and_its_medians() -> None:
    picture = costs_svg(FOUND, "fleet")
    for words in ("fleet", "unmarked", "loop", "peer", "270", "6,000", "CPU per frame, µs", "memory a camera, kB"):
        assert f">{words}<" in picture
