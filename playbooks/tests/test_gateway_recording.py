"""What the module reads from a disk, and the module itself with a clock, a folder and a Docker that is a script."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

MODULE = Path(__file__).parents[1] / "library" / "gateway_recording.py"
RECORDING = runpy.run_path(str(MODULE))
missing, longest_gap = RECORDING["missing"], RECORDING["longest_gap"]
SINCE = datetime(2026, 3, 1, 8, 0, 5, tzinfo=UTC).timestamp()


def segment(folder: Path, second: str, content: str = "x", written: float = 0.0) -> None:
    """A segment by the second in its name, last written `written` seconds from SINCE."""
    folder.mkdir(exist_ok=True)
    path = folder / f"2026-03-01_08-00-{second}.mp4"
    path.write_text(content)
    os.utime(path, (SINCE, SINCE + written))


def test_a_camera_is_recorded_again_by_a_segment_that_began_since_and_holds_something(tmp_path: Path) -> None:
    segment(tmp_path / "CAM-1", "05-000000")
    segment(tmp_path / "CAM-2", "05-000000", "")
    segment(tmp_path / "CAM-3", "04-999999")
    (tmp_path / "CAM-5").mkdir()
    (tmp_path / "CAM-5" / "notes.mp4").write_text("x")
    cameras = [f"CAM-{number}" for number in range(1, 6)]
    assert missing(cameras, tmp_path, SINCE) == ["CAM-2", "CAM-3", "CAM-4", "CAM-5"]


def test_a_gap_lies_between_the_last_write_before_and_the_first_segment_since(tmp_path: Path) -> None:
    for camera, last, first in (
        ("CAM-1", -0.5, "06-250000"),
        ("CAM-2", -2.0, "07-500000"),
        ("CAM-3", -1.0, "06-000000"),
    ):
        segment(tmp_path / camera, "00-000000", written=last - 20)
        segment(tmp_path / camera, "01-000000", written=last)
        segment(tmp_path / camera, first)
        segment(tmp_path / camera, "30-000000")
    segment(tmp_path / "CAM-4", "09-000000")  # recorded for the first time: it missed nothing
    cameras = [f"CAM-{number}" for number in range(1, 5)]
    assert longest_gap(cameras, tmp_path, SINCE) == {"seconds": 4.5, "camera": "CAM-2"}
    assert longest_gap(["CAM-1"], tmp_path, SINCE) == {"seconds": 1.75, "camera": "CAM-1"}
    assert longest_gap(["CAM-4"], tmp_path, SINCE) is None


def test_what_is_written_in_the_second_of_the_change_is_no_gap_below_nothing(tmp_path: Path) -> None:
    segment(tmp_path / "CAM-1", "01-000000", written=1.0)
    segment(tmp_path / "CAM-1", "05-500000")
    assert longest_gap(["CAM-1"], tmp_path, SINCE) == {"seconds": 0.0, "camera": "CAM-1"}


def ask(folder: Path, **options: Any) -> Mapping[str, Any]:
    """The module's answer about CAM-1, as Ansible calls it."""
    (folder / "cameras.json").write_text('["CAM-1"]')
    given = {"config_folder": str(folder), "recordings_folder": str(folder), "within": 0, **options}
    done = subprocess.run(
        [sys.executable, MODULE],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": given}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": os.pathsep.join([str(folder), os.environ["PATH"]])},
    )
    return dict(json.loads(done.stdout or done.stderr))


def docker(folder: Path, *began: str) -> None:
    """A Docker in whose containers' words they began then."""
    says = "\n".join(began)
    (folder / "docker").write_text(f"#!/bin/sh\n[ $1 = ps ] && echo '{'c ' * len(began)}' || echo '{says}'\n")
    (folder / "docker").chmod(0o755)


def test_a_gap_that_is_too_long_breaks(tmp_path: Path) -> None:
    segment(tmp_path / "CAM-1", "01-000000", written=-1.0)
    segment(tmp_path / "CAM-1", "07-000000")
    assert ask(tmp_path, since=SINCE, gap=3)["gap"] == ask(tmp_path, since=SINCE)["gap"]
    broken = ask(tmp_path, since=SINCE, gap=2.9)
    assert broken["msg"] == "3.0 s of CAM-1 are not recorded, 2.9 s may be"
    assert broken["failed"]


def test_a_moment_is_when_the_newest_container_began(tmp_path: Path) -> None:
    segment(tmp_path / "CAM-1", "01-000000", written=0.0)
    segment(tmp_path / "CAM-1", "06-000000")
    docker(tmp_path, "2026-03-01T07:00:00.1Z", "2026-03-01T08:00:05.123456789Z")
    assert ask(tmp_path, service="gateway")["gap"] == {"seconds": 1.0, "camera": "CAM-1"}
    docker(tmp_path, "2026-03-01T08:00:06.000001Z", "2026-03-01T07:00:00Z")
    assert "1 of 1 cameras are not recorded 0 s later: CAM-1" in ask(tmp_path, service="gateway")["msg"]


def test_without_a_container_nothing_is_recorded(tmp_path: Path) -> None:
    segment(tmp_path / "CAM-1", "06-000000")
    docker(tmp_path)
    assert ask(tmp_path, service="gateway")["msg"] == "no container of gateway runs"


@pytest.mark.parametrize("moments", [{}, {"since": SINCE, "service": "gateway"}])
def test_the_moment_is_said_in_one_way(tmp_path: Path, moments: dict[str, Any]) -> None:
    assert ask(tmp_path, **moments)["failed"]
