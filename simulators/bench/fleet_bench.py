"""`make bench-fleet`: the fleet and its peers side by side, then how many cameras it sustains."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from citycam.model.figure import Figure
from simulators.bench.contest import Entry, contest, largest
from simulators.bench.fleet import OurFleet
from simulators.bench.gortsplib import Gortsplib
from simulators.bench.gstreamer import GStreamer
from simulators.bench.load import Peer
from simulators.bench.mediamtx import FanOut, Publishers
from simulators.bench.plan import HD, SD, Plan
from simulators.bench.reel import Reel
from simulators.bench.run import Run, measure
from simulators.bench.sendloop import SendLoop
from simulators.bench.sheet import against, capacity, costs, sustains
from simulators.fleet.bench import awake

Tell = Callable[[str], None]
"""Takes a line of progress."""


@dataclass(frozen=True, slots=True)
class Programs:
    """What was built for the bench."""

    mediamtx: Path
    gortsplib: Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures, all runs in their order, and those of the contest by server."""

    figures: list[Figure]
    runs: list[Run]
    contest: Mapping[str, Sequence[Run]]


OURS, UNMARKED, LOOP = OurFleet(), OurFleet(marked=False), SendLoop()


def run_bench(programs: Programs, plan: Plan, tell: Tell) -> Outcome:
    """Measure everything.

    Raises:
        EnvironmentFailure: something that is needed is not there, or ended.
        DeadlineExceeded: a server does not answer.
    """
    runs: list[Run] = []

    def look(reel: Reel) -> Callable[[Peer, int], Run]:
        def one(peer: Peer, cameras: int) -> Run:
            run = measure(peer, reel, cameras, plan.seconds)
            runs.append(run)
            tell(_line(run))
            return run

        return one

    publishers, fan_out = Publishers(programs.mediamtx), FanOut(programs.mediamtx)
    gstreamer, gortsplib = GStreamer(), Gortsplib(programs.gortsplib)
    entries = [
        Entry(OURS, plan.fleet),
        Entry(LOOP, plan.fleet),
        Entry(UNMARKED, plan.fleet),
        Entry(publishers, plan.publishers),
        Entry(fan_out, plan.fan_out),
        Entry(gstreamer, plan.gstreamer),
        Entry(gortsplib, plan.gortsplib),
    ]
    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        sd, hd = (Reel(stream, _made(Path(folder) / name)) for stream, name in ((SD, "sd"), (HD, "hd")))
        with awake():
            found = contest(entries, plan.rounds, look(sd))
            one_sd, one_hd = look(sd), look(hd)
            most_sd = largest(lambda cameras: _sustains(one_sd, cameras, tell), plan.sd)
            most_hd = largest(lambda cameras: _sustains(one_hd, cameras, tell), plan.hd)
    figures = [
        capacity("SD", [most_sd], 7000),
        capacity("HD", [most_hd], 2000),
        *costs(found, OURS.name, UNMARKED.name, LOOP.name),
        *against(found, OURS.name, publishers.name, 25, 500),
        *against(found, OURS.name, fan_out.name, 3, None),
        *against(found, OURS.name, gstreamer.name, None, None),
        *against(found, OURS.name, gortsplib.name, None, None),
    ]
    return Outcome(figures, runs, found)


def _sustains(one: Callable[[Peer, int], Run], cameras: int, tell: Tell) -> bool:
    """Whether the fleet bears so many cameras in one of two runs: what else the machine does spoils one easily.

    A fleet that has no time left to begin or to answer does not.
    """
    for _ in range(2):
        try:
            if sustains(one(OURS, cameras)):
                return True
        except (EnvironmentFailure, DeadlineExceeded) as error:
            tell(f"fleet: {cameras:,} cameras: {error}")
    return False


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _line(run: Run) -> str:
    late = "" if run.account.lateness_ms is None else f", p99 late {run.account.lateness_ms:.1f} ms"
    missing = "" if run.whole else f", only {run.frames / run.due:.1%} of frames"
    limit = f", at the limit: {run.limit}" if run.limit else ""
    share = f"{run.share:.0%} of a core (reader {run.drain_share:.0%})"
    return f"{run.peer}: {run.cameras:,} cameras, {run.cpu_us:.1f} µs a frame, {share}{late}{missing}{limit}"
