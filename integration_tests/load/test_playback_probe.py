"""The playback probe against real recordings, right and wrong."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from citycam.evidence.ledger import read_ledger
from citycam.evidence.run import Marks
from citycam.model.errors import ConfigError
from loadtests.clients.edge import trust
from loadtests.clients.playback import PlaybackClient
from loadtests.probes.playback import SCHEMA, Wanted, examine, probe_playback

from .stand import GATEWAY, Stand, wait_for

pytestmark = pytest.mark.docker
CLIP_S = 3.0
FPS = 10
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def marks(stand: Stand) -> Marks:
    """A window over several segments that has reached the disk."""
    start = max(int(time.time_ns()) - 8 * SECOND, _first_recorded(stand))
    stop = start + 14 * SECOND
    wait_for(lambda: time.time_ns() > stop + 4 * SECOND, lambda: "the window is not over")
    return Marks(start, stop)


def _first_recorded(stand: Stand) -> int:
    return max(path.stat().st_mtime_ns for path in stand.recorded()) if len(stand.recorded()) == 4 else 0


def test_every_camera_plays_back_exactly_what_it_sent(stand: Stand, marks: Marks, tmp_path: Path) -> None:
    out = tmp_path / "playback.parquet"
    steps: list[tuple[int, int]] = []
    rows = probe_playback(
        stand.settings, stand.plan, stand.ledger(), marks, CLIP_S, out, on_progress=lambda *step: steps.append(step)
    )
    assert [row.why for row in rows] == [""] * 4
    assert all(row.ok and row.decoded and row.status == 200 for row in rows)
    # Three seconds at 10 a second, at most a group of pictures (2 s) earlier, and the slack at both ends.
    assert all(15 <= row.frames_found == row.frames_expected <= 51 and row.frames_wrong == 0 for row in rows)
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]
    table = pq.read_table(out)
    assert table.schema.equals(SCHEMA)
    assert table.column("camera").to_pylist() == [camera.id for camera in stand.plan.cameras]


def test_the_same_seed_asks_for_the_same_intervals(stand: Stand, marks: Marks, tmp_path: Path) -> None:
    ledger = stand.ledger()
    one = probe_playback(stand.settings, stand.plan, ledger, marks, CLIP_S, tmp_path / "1.parquet")
    two = probe_playback(stand.settings, stand.plan, ledger, marks, CLIP_S, tmp_path / "2.parquet")
    assert [row.start_ns for row in one] == [row.start_ns for row in two]


@pytest.mark.parametrize("offset_s", [0.0, 0.35, 1.0, 1.95, 4.4, 7.7, 9.9])
def test_any_interval_is_right_also_across_segments(stand: Stand, marks: Marks, offset_s: float) -> None:
    client = PlaybackClient(stand.settings, trust(stand.settings.ca_file))
    wanted = Wanted("cam-000001", GATEWAY, marks.start_ns + round(offset_s * SECOND), 4.0, FPS)
    row = examine(client, stand.ledger(), wanted)
    assert row.ok, row.why


def test_frames_that_were_not_recorded_are_counted(stand: Stand, marks: Marks, tmp_path: Path) -> None:
    """A ledger that claims more than was recorded: three sessions' worth of frames inside the interval never came."""
    client = PlaybackClient(stand.settings, trust(stand.settings.ca_file))
    wanted = Wanted("cam-000001", GATEWAY, marks.start_ns + 5 * SECOND, 4.0, FPS)
    honest = stand.ledger()
    middle = honest.sent("cam-000001", wanted.start_ns + 2 * SECOND, wanted.stop_ns)[0]
    lines = []
    for line in stand.ledger_file.read_text().splitlines():
        entry = json.loads(line)
        if entry["kind"] == "span" and entry["camera"] == "cam-000001":
            continue
        lines.append(entry)
    play = next(entry for entry in lines if entry["kind"] == "play" and entry["camera"] == "cam-000001")
    whole = honest.camera("cam-000001").ranges
    span = {"kind": "span", "camera": "cam-000001", "session": play["session"]}
    clock = {"epoch": play["epoch"], "num": play["num"], "den": play["den"]}
    lines.append({**span, "first": int(whole.min()), "last": int(middle) - 4, **clock})
    lines.append({**span, "first": int(middle), "last": int(whole.max()), **clock})
    path = tmp_path / "ledger.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines))
    row = examine(client, read_ledger(path), wanted)
    assert not row.ok
    assert row.frames_wrong == 3
    assert row.why == "3 frames never sent"


def test_another_cameras_recording_is_foreign(stand: Stand, marks: Marks) -> None:
    class Mixed(PlaybackClient):
        def fetch(self, camera, gateway, begin_ns, duration_s, *, keep=False):  # type: ignore[no-untyped-def]
            return super().fetch("cam-000003", gateway, begin_ns, duration_s, keep=keep)

    client = Mixed(stand.settings, trust(stand.settings.ca_file))
    row = examine(client, stand.ledger(), Wanted("cam-000001", GATEWAY, marks.start_ns + 5 * SECOND, 4.0, FPS))
    assert not row.ok
    assert row.frames_found == 0
    assert row.frames_wrong >= 40
    assert "no frame of this camera" in row.why


def test_a_camera_without_recording_fails_and_says_why(stand: Stand, marks: Marks) -> None:
    client = PlaybackClient(stand.settings, trust(stand.settings.ca_file))
    row = examine(client, stand.ledger(), Wanted("cam-000001", GATEWAY, marks.start_ns - 3600 * SECOND, 4.0, FPS))
    assert (row.ok, row.decoded, row.status) == (False, False, 404)
    assert "no recording segments found" in row.why


def test_a_window_that_is_too_short_is_refused(stand: Stand, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not fit into 2 s"):
        probe_playback(
            stand.settings, stand.plan, stand.ledger(), Marks(0, 2 * SECOND), CLIP_S, tmp_path / "never.parquet"
        )
    assert not (tmp_path / "never.parquet").exists()
