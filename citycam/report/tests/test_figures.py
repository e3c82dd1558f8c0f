from __future__ import annotations

from pathlib import Path

import pytest

from citycam.gates.evidence import Evidence
from citycam.gates.tests.runs import START_NS, plausible
from citycam.report.figures import POINTS, read_figures


def test_rates_are_per_second_of_the_window_even_in_its_broken_ends(tmp_path: Path) -> None:
    draft = plausible(6, 20)
    rates = read_figures(Evidence(draft.write(tmp_path))).rates
    assert sum(rate.sent * rate.seconds for rate in rates) == pytest.approx(1200, abs=60)
    assert all(rate.sent == pytest.approx(60, rel=0.02) for rate in rates)
    assert rates[0].at == 0
    assert rates[0].seconds == pytest.approx(0.65)
    assert rates[-1].at + rates[-1].seconds <= 20.0001


def test_a_long_run_has_few_points_and_loses_no_frame(tmp_path: Path) -> None:
    draft = plausible(4, 10)
    seconds = 3 * 3600
    draft.documents["marks.json"] = {"start_ns": START_NS, "stop_ns": START_NS + seconds * 1_000_000_000}
    first = START_NS // 1_000_000_000
    draft.tables["seconds"] = [{"second": first + n, "sent": 40, "recorded": 39} for n in range(seconds)]
    rates = read_figures(Evidence(draft.write(tmp_path))).rates
    assert len(rates) <= POINTS + 1
    assert sum(rate.sent * rate.seconds for rate in rates) == pytest.approx(40 * seconds)


def test_cameras_are_worst_first_and_damaged_frames_are_missing(tmp_path: Path) -> None:
    draft = plausible(6, 20)
    draft.row("cameras", "cam-000002").update(recorded_once=190, damaged=10)
    draft.row("cameras", "cam-000005").update(recorded_once=150, missing=50, missing_explained=20)
    cameras = read_figures(Evidence(draft.write(tmp_path))).cameras
    assert [(one.camera, one.missing, one.explained) for one in cameras[:2]] == [
        ("cam-000005", 50, 20),
        ("cam-000002", 10, 0),
    ]
    assert cameras[0].complete == 75
    errors = [one.time_error_ms or 0 for one in cameras[2:]]
    assert errors == sorted(errors, reverse=True)


def test_live_starts_are_counted_in_readable_bins(tmp_path: Path) -> None:
    draft = plausible(6, 20)
    live = [row for row in draft.tables["requests"] if row["kind"] == "live"]
    live[0]["ok"] = False
    found = read_figures(Evidence(draft.write(tmp_path))).live
    assert found is not None
    assert found.failed == 1
    assert sum(one.count for one in found.bins) == len(live) - 1
    assert found.median <= found.p95 <= found.longest < found.bins[-1].high


def test_nothing_measured_is_nothing_shown(tmp_path: Path) -> None:
    figures = read_figures(Evidence(tmp_path))
    assert (figures.marks, figures.plan, figures.audit, figures.live) == (None, None, None, None)
    assert (figures.rates, figures.cameras, figures.findings) == ((), (), ())
