import random

import pytest

from citycam.plan import bench
from citycam.plan.tests.cities import city, planned


def test_what_moved_is_counted_by_camera() -> None:
    plan = planned(city(100))
    homes = plan.homes()
    strayed = random.Random(1).choice(sorted(homes))
    assert bench.moved(plan, homes) == 0
    assert bench.moved(plan, homes | {strayed: "gateway-0-9"}) == 1 / len(homes)


def test_the_bench_measures_what_the_bars_are_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "CAMERAS", 400)
    figures = bench.figures()
    assert len(figures) == 5
    assert all(figure.holds for figure in figures if "in force" in figure.metric or "lost" in figure.metric)
