"""Benches of the fleet: what they need is built, what they find becomes figures, a table of runs and a picture."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from citycam.model.figure import Figure
from citycam.model.workspace import cache_folder
from infra.images.programs import build_program, find_go, run
from infra.images.versions import versions


@dataclass(frozen=True, slots=True)
class Options:
    """Of the command line; `cameras` or `runs` 0: as many as the bench has by itself, no `parts`: all of them."""

    quick: bool = False
    minutes: float = 30.0
    cameras: int = 0
    parts: tuple[str, ...] = ()
    runs: int = 0
    lab: str = "lab"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Figures, Markdown that follows their table, and pictures by the names of their files."""

    figures: list[Figure]
    text: str = ""
    pictures: Mapping[str, str] = field(default_factory=dict)

    def joined(self, other: Sheet) -> Sheet:
        """Both, one after the other."""
        figures, text = [*self.figures, *other.figures], self.text + other.text
        return Sheet(figures, text, {**self.pictures, **other.pictures})


def fleet(options: Options) -> Sheet:
    """The fleet and its peers side by side; how many cameras it sustains."""
    from simulators.bench.chart import costs_svg
    from simulators.bench.fleet_bench import OURS, Programs, run_bench
    from simulators.bench.gortsplib import SOURCE
    from simulators.bench.plan import QUICK, WHOLE
    from simulators.bench.processes import stolen_seconds
    from simulators.bench.run import FULL
    from simulators.bench.sheet import runs_table

    programs = Programs(build_program("mediamtx", versions()), built(SOURCE))
    began, stolen = time.monotonic(), stolen_seconds()
    found = run_bench(programs, QUICK if options.quick else WHOLE, tell)
    minutes, taken = (time.monotonic() - began) / 60, stolen_seconds() - stolen
    load = ", ".join(f"{load:.2f}" for load in os.getloadavg())
    text = f"""
![CPU per frame and memory a camera of each server, on logarithmic scales](fleet.svg)

Servers ran on one core, the reader on another; the order of servers changed from round to round. CPU is user and system
time of all processes of a server by the kernel's clock, memory their proportional set size (RSS where a row says so).
Frames are counted by the reader. A server or a reader that used {FULL:.0%} of its core is said to be at the limit. It
took {minutes:.0f} minutes; load average at the end: {load}; the host took {taken:.0f} s of CPU away. What is compared,
and why: [what a camera costs](../explanation/what-a-camera-costs.md).

## Runs

{runs_table(found.runs)}"""
    return Sheet(found.figures, text, {"fleet.svg": costs_svg(found.contest, OURS.name)})


def soak(options: Options) -> Sheet:
    """The fleet at full load for long."""
    from simulators.bench import soak as soaking
    from simulators.bench.plan import SD
    from simulators.bench.reel import Reel

    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        found = soaking.soak(Reel(SD, Path(folder)), options.cameras or 7000, options.minutes, tell)
    return Sheet(found.figures())


def beyond(options: Options) -> Sheet:
    """Fewer system calls than frames: what UDP segmentation and io_uring would save."""
    from simulators.bench.beyond import run_beyond

    return Sheet(run_beyond(options.cameras or 5000, 3 if options.quick else 5, tell))


def built(source: Path) -> Path:
    """The program of a Go module of ours, kept in the cache; its go.sum pins what it imports.

    Raises:
        EnvironmentFailure: no Go, or the build failed.
    """
    files = [source / name for name in ("go.mod", "go.sum", "main.go")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    target = cache_folder() / "programs" / f"bench-{source.name}-{digest}"
    if not target.exists():
        tell(f"building {source.name}")
        go = str(find_go(versions().go.oldest))
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"{source.name}-", dir=target.parent) as folder:
            for file in files:
                shutil.copyfile(file, Path(folder) / file.name)
            command = [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", "program", "."]
            # go.sum was checked in: no checksum database needs to answer.
            run(command, cwd=Path(folder), env={"CGO_ENABLED": "0", "GOSUMDB": "off", "GOFLAGS": "-mod=readonly"})
            (Path(folder) / "program").rename(target)
    return target


def tell(line: str) -> None:
    """Say on stderr, at once, what is being measured."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
