"""One run: a server, its load, the reader, and what both used between two looks."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulators.bench.drain import draining
from simulators.bench.load import Account, Load, Peer
from simulators.bench.processes import cores, cpu_seconds, memory_bytes, resident_bytes
from simulators.bench.reel import Reel

SETTLE_S = 2.0
"""After the last stream began: by then every server has sent a whole GOP of it."""
FULL = 0.95
"""A core that is used so much has nothing left."""


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen in `seconds`. Times of CPU in seconds, memory in bytes; `account` is the server's own.

    `frames` came of `due`; `lost` packets are missing by their sequence numbers; `closed` streams ended. `waiting` is
    the most of one stream that lay unread at once. `start_s` is from the first connection to the first frame of the
    last stream, key frames awaited.
    """

    peer: str
    cameras: int
    seconds: float
    frames: int
    due: float
    lost: int
    closed: int
    cpu_s: float
    drain_cpu_s: float
    memory: int
    resident: int
    waiting: int
    start_s: float
    account: Account

    @property
    def cpu_us(self) -> float:
        """Of the server, in µs a frame that came."""
        return self.cpu_s / self.frames * 1e6

    @property
    def share(self) -> float:
        """Of its core that the server used."""
        return self.cpu_s / self.seconds

    @property
    def drain_share(self) -> float:
        """Of its core that the reader used."""
        return self.drain_cpu_s / self.seconds

    @property
    def memory_kb(self) -> float:
        """A camera, pages that processes share counted once."""
        return self.memory / self.cameras / 1000

    @property
    def whole(self) -> bool:
        """Whether every frame came: nothing left out, nothing lost, none closed, none overdue when the run ended."""
        return not (self.account.unsent or self.lost or self.closed) and self.frames >= self.due - self.cameras

    @property
    def limit(self) -> str:
        """Who could do no more: `reader`, `server`, both, or nobody."""
        full = [name for name, share in (("reader", self.drain_share), ("server", self.share)) if share >= FULL]
        return " and ".join(full)


def measure(peer: Peer, reel: Reel, cameras: int, seconds: float) -> Run:
    """Let `peer` serve so many cameras on one core, read them all on another, and look what that takes.

    Raises:
        EnvironmentFailure: the peer or the reader cannot be run, or ended.
        DeadlineExceeded: not every stream began.
    """
    serving_core, reading_core = cores()
    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        load = Load(cameras, reel, Path(folder), serving_core)
        with peer.serve(load) as serving, _aside(reading_core):
            began = time.monotonic()
            with draining(serving.targets, reading_core) as drain:
                start_s = drain.await_playing(cameras).at_s - began
                time.sleep(SETTLE_S)
                unsent = serving.account().unsent
                cpu, before = _cpu(serving.pids), drain.look()
                time.sleep(seconds)
                cpu, after = _cpu(serving.pids) - cpu, drain.look()
                account = serving.account()
                memory, resident = memory_bytes(serving.pids), resident_bytes(serving.pids)
    if unsent is not None and account.unsent is not None:
        account = account._replace(unsent=account.unsent - unsent)
    lasted = after.at_s - before.at_s
    return Run(
        peer=peer.name,
        cameras=cameras,
        seconds=lasted,
        frames=after.frames - before.frames,
        due=load.frames_per_second * lasted,
        lost=after.lost - before.lost if peer.numbered else 0,
        closed=after.closed,
        cpu_s=cpu,
        drain_cpu_s=after.cpu_s - before.cpu_s,
        memory=memory,
        resident=resident,
        waiting=after.largest,
        start_s=start_s,
        account=account,
    )


def _cpu(pids: tuple[int, ...]) -> float:
    return sum(map(cpu_seconds, pids))


@contextmanager
def _aside(core: int) -> Iterator[None]:
    """This process keeps off the server's core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
