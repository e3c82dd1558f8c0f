from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from citycam.model.workspace import PROJECT
from integration_tests.load.stand import Stand
from loadtests.journal import read_journal
from loadtests.launch import arguments
from loadtests.settings import JOURNAL, VARIABLE, LoadSettings
from loadtests.summary import summarise_all

pytestmark = pytest.mark.docker

PATIENCE_S = 120


@pytest.fixture
def settings(stand: Stand, tmp_path: Path) -> LoadSettings:
    changed = {"viewers": 4, "view_time_s": 3.0, "players": 2, "clip_s": 2.0, "seconds": 13.0, "output": tmp_path}
    return stand.settings.model_copy(update=changed)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def locust(name: str, settings: LoadSettings, role: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of a run spread over several; the settings lie beside its journal."""
    folder = settings.output
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        VARIABLE: str(folder / "settings.json"),
        JOURNAL: f"{name}.jsonl",
    }
    command = [sys.executable, "-m", "locust", *arguments(settings, PROJECT), *role]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_master_and_its_workers_share_the_users_and_record_every_request(settings: LoadSettings) -> None:
    folder, port = settings.output, str(free_port())
    settings.save(folder / "settings.json")
    master = ("--master", "--master-bind-port", port, "--expect-workers", "2", "--expect-workers-max-wait", "60")
    worker = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    roles = {"master": master, "worker-1": worker, "worker-2": worker}
    with (
        locust("master", settings, roles["master"]) as first,
        locust("worker-1", settings, roles["worker-1"]) as second,
        locust("worker-2", settings, roles["worker-2"]) as third,
    ):
        codes = [process.wait(PATIENCE_S) for process in (first, second, third)]
    journals = {name: read_journal(folder / f"{name}.jsonl") for name in roles}
    summary = summarise_all(dict(zip(roles, zip(journals.values(), codes, strict=True), strict=True)), 6)
    logs = "\n".join((folder / f"{name}.log").read_text() for name in roles)
    assert summary.healthy, f"{summary.why}\n{logs}"
    assert (summary.users, summary.failures) == (6, 0), logs
    assert journals["master"].requests == []
    # A viewing every 4 s in 13 s, of 3 s each, and a clip every 2 s once the first can be on disk: as on one machine.
    live = [[one for one in journals[name].requests if one.kind == "live"] for name in ("worker-1", "worker-2")]
    assert sum(map(len, live)) == 12, logs
    assert all(live), "a worker had no viewer"
