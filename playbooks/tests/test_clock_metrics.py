"""What the clock's metric makes of chrony's answers (chronyc 4.3, `-c`), as they were seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "roles" / "time_sync" / "files" / "clock-metrics"
FOLLOWS = "C0000201,192.0.2.1,11,1795603134.7,-0.002,0.001,0.001,0.1,0.0,0.1,0.004,0.003,16.2,Normal"
ITSELF = "7F7F0101,,10,1795603134.7,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,Normal"
NOBODY = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"
SILENT = "^,?,192.0.2.1,0,7,0,4294967295,0.0,0.0,0.0"
UNKNOWN_NAME = "^,?,ID#0000000001,0,6,0,4294967295,0.0,0.0,0.0"


def metrics(folder: Path, tracking: str, sources: str) -> dict[str, float]:
    chronyc = folder / "chronyc"
    chronyc.write_text(
        f"#!/bin/sh\ncase \"$*\" in '-c tracking') echo '{tracking}';; '-c sources -a') echo '{sources}';; esac\n"
    )
    chronyc.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([sys.executable, str(SCRIPT), str(folder)], env={"PATH": path}, check=True)
    lines = (folder / "citycam_clock.prom").read_text().splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}


@pytest.mark.parametrize(
    ("tracking", "sources", "synchronised"),
    [
        (FOLLOWS, SILENT, 1),
        (ITSELF, "", 1),
        (ITSELF, SILENT, 0),
        (ITSELF, UNKNOWN_NAME, 0),
        (NOBODY, SILENT, 0),
    ],
    ids=["it follows", "on its own as it was told", "its server is silent", "its server has no address", "nobody"],
)
def test_a_clock_is_synchronised_when_it_follows_what_it_was_told_to(
    tmp_path: Path, tracking: str, sources: str, synchronised: int
) -> None:
    assert metrics(tmp_path, tracking, sources)["citycam_clock_synchronised"] == synchronised


def test_how_far_it_may_be_off(tmp_path: Path) -> None:
    found = metrics(tmp_path, FOLLOWS, SILENT)
    assert found["citycam_clock_offset_seconds"] == 0.002
    assert found["citycam_clock_error_bound_seconds"] == pytest.approx(0.002 + 0.003 + 0.004 / 2)
    assert found["citycam_clock_stratum"] == 11
    assert metrics(tmp_path, NOBODY, SILENT)["citycam_clock_error_bound_seconds"] == 1.5
