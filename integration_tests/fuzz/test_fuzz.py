"""A short fuzz of each parser that strangers can reach, the same in every run; see `__main__` for a longer one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from citycam.model.workspace import PROJECT

from .targets import TARGETS

RUNS = 20_000


def fuzz(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the fuzzer in a process of its own; it writes what it found into the folder."""
    command = [sys.executable, "-m", "integration_tests.fuzz", *arguments, f"-artifact_prefix={folder}/"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_that_is_sent_breaks_a_parser(target: str, tmp_path: Path) -> None:
    ended = fuzz(tmp_path, target, f"-runs={RUNS}", "-seed=7", "-timeout=10", "-print_final_stats=1")
    found = [path.read_bytes() for path in tmp_path.iterdir()]
    assert (ended.returncode, found) == (0, []), ended.stderr[-3000:]
    assert f"Done {RUNS} runs" in ended.stderr, ended.stderr[-500:]


def test_the_fuzzer_would_say_what_it_found(tmp_path: Path) -> None:
    spoilt = tmp_path / "input"
    spoilt.write_bytes(b"not a session")
    ended = fuzz(tmp_path, "planted", str(spoilt))
    assert ended.returncode != 0
    assert "AssertionError: planted" in ended.stderr + ended.stdout
