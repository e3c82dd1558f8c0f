import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.coefficients import coefficients
from citycam.plan.sizing import DAY_S, Demand, Resource, size

FIGURES = coefficients()


def demand(cameras: int = 40_210, rate: int = 4_000_000, days: float = 30, recent: float = 1) -> Demand:
    return Demand(cameras, cameras * rate, days * DAY_S, recent * DAY_S, 0.05)


def test_the_city_by_hand() -> None:
    found = size(demand(), FIGURES)
    assert found.gateways == 262, "160.84 Gb/s by 80 % of 768 Mb/s"
    assert found.archive_bytes == pytest.approx(160.84e9 / 8 * 1.02 * 30 * DAY_S)
    assert found.archive_raw_bytes == pytest.approx(found.archive_bytes * 1.5)
    assert found.archive_nodes == 79, "79.7 PB by 60 × 20 TB × 85 %"
    needs = {need.resource: need.nodes for need in found.needs}
    assert needs[Resource.CORES] == pytest.approx(160.84 * 1.71 / 22.4)
    assert needs[Resource.DISK_WRITE] == pytest.approx(160.84e9 / 8 * 1.02 / (12 * 120e6 * 0.7))
    assert (found.bottleneck, found.nodes) == (Resource.DISK_WRITE, 22)


@pytest.mark.parametrize(
    ("wanted", "bottleneck"),
    [(demand(recent=30), Resource.DISK_SPACE), (demand(rate=64_000), Resource.DISK_WRITE)],
)
def test_the_bottleneck_is_what_runs_out_first(wanted: Demand, bottleneck: Resource) -> None:
    assert size(wanted, FIGURES).bottleneck is bottleneck


def test_small_streams_are_counted_by_camera() -> None:
    assert size(demand(rate=64_000), FIGURES).gateways == 34, "40,210 by 80 % of 1,500"


def test_without_an_archive_recording_nodes_keep_everything() -> None:
    found = size(demand(days=1, recent=2), FIGURES)
    assert (found.archive_bytes, found.archive_nodes, found.archive_bitrate, found.recent) == (0, 0, 0, DAY_S)


@given(st.integers(1, 50_000), st.integers(1, 5_000), st.floats(0.1, 90))
def test_more_cameras_never_need_less(cameras: int, more: int, days: float) -> None:
    small, large = size(demand(cameras, days=days), FIGURES), size(demand(cameras + more, days=days), FIGURES)
    for name in ("gateways", "nodes", "archive_nodes", "recent_bytes", "city_bitrate"):
        assert getattr(small, name) <= getattr(large, name)


@given(st.integers(1, 50_000))
def test_one_node_more_than_the_bottleneck_asks_for(cameras: int) -> None:
    found = size(demand(cameras), FIGURES)
    assert found.nodes - 1 >= max(need.nodes for need in found.needs) - 1e-6
