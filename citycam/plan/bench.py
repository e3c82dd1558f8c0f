"""How fast a city is planned, and how much of it moves when it grows; from records in memory, by the clock.

The city is drawn by seed over the 126 wards: 40,210 cameras at sites of 1 to 40.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

from citycam.model.figure import Bar, Figure
from citycam.plan.city import CityPlan, dump_city_plan
from citycam.plan.tests.cities import city, planned

CAMERAS = 40_210
GROWTH = CAMERAS // 100
WARDS = 126
RUNS = 3


def figures() -> list[Figure]:
    """Seconds for the plan; shares of the cameras that change their gateway when one in a hundred is added.

    Raises:
        RuntimeError: the same inventory in another order gave another plan.
    """
    records = city(CAMERAS, seed=1, wards=WARDS)
    grown = [*records, *city(GROWTH, seed=2, wards=WARDS, first=CAMERAS + 1)]
    clock: list[float] = []
    cpu: list[float] = []
    plan = planned(records)
    for run in range(RUNS):
        shuffled = random.Random(run).sample(records, len(records))
        began, used = time.perf_counter(), time.process_time()
        again = planned(shuffled)
        clock.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
        if dump_city_plan(again) != dump_city_plan(plan):
            raise RuntimeError("the plan depends on the order of the inventory")
    kept = moved(plan, planned(grown, before=plan).homes())
    afresh = moved(plan, planned(grown).homes())
    lost = max(node.lost for node in plan.nodes)
    return [
        Figure(f"plan of {CAMERAS:,} cameras", "s", tuple(clock), Bar(5)),
        Figure(f"plan of {CAMERAS:,} cameras, CPU", "s", tuple(cpu)),
        Figure("1 % more cameras, from the plan in force: change their gateway", "%", (100 * kept,), Bar(2)),
        Figure("1 % more cameras, planned afresh: change their gateway", "%", (100 * afresh,), Bar(2)),
        Figure("fullest recording node when any one is lost", "%", (100 * lost,), Bar(100)),
    ]


def moved(plan: CityPlan, after: Mapping[str, str]) -> float:
    """Share of the plan's cameras that have another gateway in `after`."""
    before = plan.homes()
    return sum(after[camera] != home for camera, home in before.items()) / len(before)
