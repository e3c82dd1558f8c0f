"""A few seconds of real load: Locust as a process, viewers and players, every request recorded."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from citycam.model.workspace import PROJECT
from loadtests.launch import Launch
from loadtests.settings import Edge, LoadSettings
from loadtests.summary import SCHEMA

from .stand import VIEWER, Stand, wait_for

pytestmark = pytest.mark.docker


@pytest.fixture
def some_load(stand: Stand) -> LoadSettings:
    return stand.settings.model_copy(
        update={"viewers": 3, "view_time_s": 3.0, "players": 2, "clip_s": 2.0, "seconds": 13.0}
    )


def _locusts() -> list[int]:
    return [process.pid for process in psutil.Process().children(recursive=True) if "locust" in process.cmdline()]


def test_every_request_of_viewers_and_players_is_recorded(some_load: LoadSettings, tmp_path: Path) -> None:
    launch = Launch(some_load, tmp_path)
    launch.start()
    assert VIEWER not in " ".join(psutil.Process(launch.pid).cmdline())
    assert VIEWER not in str(psutil.Process(launch.pid).environ())
    summary = launch.wait()
    log = (tmp_path / "locust.log").read_text()
    assert summary.healthy, f"{summary.why}\n{log}"
    assert (summary.users, summary.failures, summary.listener_errors, summary.exit_code) == (5, 0, 0, 0), log
    assert json.loads((tmp_path / "load.json").read_text())["requests"] == summary.requests
    table = pq.read_table(tmp_path / "requests.parquet")
    assert table.schema.equals(SCHEMA)
    assert len(table) == summary.requests
    live = table.filter(pc.equal(table["kind"], "live"))
    playback = table.filter(pc.equal(table["kind"], "playback"))
    # A viewing every 4 s in 13 s, of 3 s each: 3 for each viewer. A clip every 2 s once the first can be on disk.
    assert len(live) == 9
    assert 4 <= len(playback) <= 10
    assert pc.all(table["ok"]).as_py()
    assert pc.min(live["frames"]).as_py() > 5
    assert pc.sum(live["frames_missing"]).as_py() == 0
    assert pc.min(table["bytes"]).as_py() > 5_000
    late = pc.subtract(table["latency_ms"], table["response_ms"])
    assert pc.min(late).as_py() >= 0
    assert VIEWER not in log
    assert VIEWER not in (tmp_path / "load.jsonl").read_text()
    assert not _locusts()


def test_failures_are_recorded_and_leave_the_generator_healthy(some_load: LoadSettings, tmp_path: Path) -> None:
    nowhere = some_load.model_copy(
        update={"edges": [Edge(https="127.0.0.1:1", rtsps="127.0.0.1:1")], "seconds": 9.0, "view_time_s": 1.0}
    )
    launch = Launch(nowhere, tmp_path)
    launch.start()
    summary = launch.wait()
    assert summary.healthy, summary.why
    assert summary.requests == summary.failures > 0
    errors = set(pq.read_table(tmp_path / "requests.parquet")["error"].to_pylist())
    assert len(errors) == 1
    assert next(iter(errors)).startswith("ConnectionRefusedError")


def test_stop_ends_the_run_and_keeps_what_was_recorded(some_load: LoadSettings, tmp_path: Path) -> None:
    with Launch(some_load.model_copy(update={"seconds": 300.0}), tmp_path) as launch:
        journal = tmp_path / "load.jsonl"
        wait_for(lambda: journal.exists() and b'"record":"request"' in journal.read_bytes(), lambda: journal)
    summary = launch.stop()
    assert not summary.healthy
    assert summary.why == "the load was stopped before its end"  # and its journal is whole
    assert summary.exit_code == 0
    assert len(pq.read_table(tmp_path / "requests.parquet")) == summary.requests > 0
    assert not launch.running
    assert not _locusts()


def test_a_request_without_answer_is_recorded_when_the_run_ends(some_load: LoadSettings, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        edges = [Edge(https=address, rtsps=address)]
        hanging = some_load.model_copy(update={"edges": edges, "viewers": 0, "players": 1, "seconds": 300.0})
        deaf.settimeout(60)
        with Launch(hanging, tmp_path):
            asking, _ = deaf.accept()
            asking.recv(1)
        asking.close()
    rows = pq.read_table(tmp_path / "requests.parquet").to_pylist()
    assert [(row["ok"], row["error"]) for row in rows] == [(False, "CutOff: no answer when the run ended")]
    assert rows[0]["response_ms"] > 0


def test_a_killed_generator_leaves_evidence_that_is_not_healthy(some_load: LoadSettings, tmp_path: Path) -> None:
    launch = Launch(some_load, tmp_path)
    launch.start()
    journal = tmp_path / "load.jsonl"
    wait_for(lambda: journal.exists() and b'"record":"request"' in journal.read_bytes(), lambda: journal)
    os.kill(launch.pid, signal.SIGKILL)
    summary = launch.wait()
    assert not summary.healthy
    assert "without closing its journal" in summary.why
    assert "exit code -9" in summary.why
    assert summary.requests > 0


def test_load_ends_when_the_campaign_is_killed(some_load: LoadSettings, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    some_load.model_copy(update={"seconds": 300.0}).save(settings)
    program = (
        "import sys, time; from pathlib import Path; from loadtests.launch import Launch; "
        "from loadtests.settings import LoadSettings; "
        "launch = Launch(LoadSettings.load(Path(sys.argv[1])), Path(sys.argv[2])); launch.start(); "
        "print(launch.pid, flush=True); time.sleep(600)"
    )
    campaign = subprocess.Popen(
        [sys.executable, "-c", program, str(settings), str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT
    )
    assert campaign.stdout
    load = psutil.Process(int(campaign.stdout.readline()))
    journal = tmp_path / "load.jsonl"
    wait_for(lambda: journal.exists() and b'"record":"heartbeat"' in journal.read_bytes(), lambda: journal)
    campaign.kill()
    campaign.wait()
    wait_for(
        lambda: not load.is_running() or load.status() == psutil.STATUS_ZOMBIE,
        (tmp_path / "locust.log").read_text,
    )


def test_a_run_without_users_starts_nothing(stand: Stand, tmp_path: Path) -> None:
    launch = Launch(stand.settings, tmp_path)
    launch.start()
    assert not launch.running
    assert launch.wait().healthy
    assert len(pq.read_table(tmp_path / "requests.parquet")) == 0
