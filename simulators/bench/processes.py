"""What processes of this machine use: CPU by their own clocks, memory by their share of every page (proc(5))."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from citycam.model.errors import EnvironmentFailure

_CPUCLOCK_SCHED = 2
_PSS = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its threads, ended ones too (clock_getcpuclockid(3)).

    Raises:
        OSError: there is no such process.
    """
    return time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)


def memory_bytes(pids: Iterable[int]) -> int:
    """Resident memory in all; a page that several of them share counts once.

    Raises:
        OSError: there is no such process.
    """
    found = (_PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")) for pid in pids)
    return sum(int(match[1]) * 1024 for match in found if match is not None)


def resident_bytes(pids: Iterable[int]) -> int:
    """Resident memory of each, added up: a page that several of them share counts for each.

    Raises:
        OSError: there is no such process.
    """
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE")


def stolen_seconds() -> float:
    """What the host of a virtual machine took away from its cores since it started (steal, proc(5))."""
    counts = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(counts[8]) / os.sysconf("SC_CLK_TCK")


def cores() -> tuple[int, int]:
    """Where servers run and where the reader runs: not the same core, if there are two."""
    here = sorted(os.sched_getaffinity(0))
    return here[0], here[-1]


def on_core(core: int, command: list[str]) -> list[str]:
    """The command, kept on one core."""
    return ["taskset", "--cpu-list", str(core), *command]


@contextmanager
def serving_process(command: list[str], remedy: str) -> Iterator[subprocess.Popen[str]]:
    """A process that writes `listening` when it serves, until the block ends.

    Raises:
        EnvironmentFailure: it cannot be run, or ends instead; then do what `remedy` says.
    """
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    except OSError as error:
        raise EnvironmentFailure(f"cannot run {command[0]}", why=str(error), next=remedy) from error
    with process:
        try:
            if process.stdout is None or process.stdout.readline() != "listening\n":
                raise EnvironmentFailure(f"{command[-1]} ended", why="see its message above", next=remedy)
            yield process
        finally:
            process.terminate()
