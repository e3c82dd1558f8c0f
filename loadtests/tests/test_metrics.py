from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadtests.probes.metrics import MAX_POINTS, QUERIES, Window, _rows

CANONICAL = """gateway_up path_ready frame_age_seconds
fleet_cpu_seconds fleet_rss_bytes fleet_lateness_p99_seconds""".split()


def test_metrics_are_the_agreed_ones() -> None:
    assert list(QUERIES) == CANONICAL


def test_series_become_rows_and_what_is_no_number_is_left_out() -> None:
    series = {
        "metric": {"gateway": "gateway-1", "name": "cam-000001"},
        "values": [[1700000000.5, "1"], [1700000005.5, "NaN"], [1700000010.5, "+Inf"]],
    }
    assert _rows("path_ready", series) == [
        {
            "t_ns": 1_700_000_000_500_000_000,
            "metric": "path_ready",
            "camera": "cam-000001",
            "gateway": "gateway-1",
            "value": 1.0,
        }
    ]


@given(length_s=st.integers(0, 400_000), step_s=st.sampled_from([1.0, 5.0, 15.0]))
def test_a_long_window_is_cut_without_losing_or_repeating_a_point(length_s: int, step_s: float) -> None:
    start_s = 1_700_000_000
    pieces = Window(start_s * 10**9, (start_s + length_s) * 10**9, step_s).pieces()
    counts = [int((stop - start) // step_s) + 1 for start, stop in pieces]
    assert sum(counts) == max(1, int(length_s // step_s))
    assert pieces[0][0] == start_s + min(length_s, step_s)
    assert all(after[0] - before[1] == step_s for before, after in pairwise(pieces))
    assert all((stop - start) / step_s <= MAX_POINTS for start, stop in pieces)
