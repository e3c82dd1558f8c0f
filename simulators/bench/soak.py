"""A fleet at full load for a long time: whether memory grows, and whether the ledger tells of every frame that came."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from statistics import fmean, linear_regression
from typing import NamedTuple

from citycam.model.camera import camera_id
from citycam.model.figure import Bar, Figure
from simulators.bench.drain import draining
from simulators.bench.fleet import OurFleet
from simulators.bench.load import Account, Load
from simulators.bench.processes import cores, resident_bytes
from simulators.bench.reel import Reel

_SAMPLE_S = 2.0
_BLOCKS = 20
_T_95 = 2.101
"""Student's t of a two-sided 95 % for 18 degrees of freedom: 20 blocks, two parameters."""
_WARM = 0.1
"""Part of the samples at the start that does not count: buffers and pools fill."""


class Slope(NamedTuple):
    """How something grows, with the ends of the 95 % confidence interval."""

    value: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        """Whether 0 is within the interval."""
        return self.low <= 0 <= self.high


def slope(samples: Sequence[tuple[float, float]]) -> Slope:
    """Least squares over the means of 20 blocks of samples: what lies close together in time is not independent.

    Args:
        samples: (time, value), in the order of time.

    Raises:
        ValueError: there are fewer samples than blocks.
    """
    size = len(samples) // _BLOCKS
    if size == 0:
        raise ValueError(f"{len(samples)} samples are too few for a slope")
    blocks = [samples[at * size : (at + 1) * size] for at in range(_BLOCKS)]
    x, y = ([fmean(sample[axis] for sample in block) for block in blocks] for axis in (0, 1))
    fit = linear_regression(x, y)
    rest = sum((value - fit.intercept - fit.slope * at) ** 2 for at, value in zip(x, y, strict=True))
    spread = sum((at - fmean(x)) ** 2 for at in x)
    margin = _T_95 * sqrt(rest / (_BLOCKS - 2) / spread)
    return Slope(fit.slope, fit.slope - margin, fit.slope + margin)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a ledger says of the sessions of one camera."""

    sent: int = 0
    skipped: int = 0
    holes: int = 0
    """Frames of a session that no line tells of, or that two do."""


def claims(lines: Iterable[str]) -> dict[str, Claim]:
    """Count what a ledger tells, by camera: every frame of a session must be told of once."""
    sent: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    holes: Counter[str] = Counter()
    following: dict[tuple[str, str], int] = {}
    for line in lines:
        record = json.loads(line)
        kind = record["kind"]
        if kind not in ("play", "span", "skip", "stop"):
            continue
        camera, session = record["camera"], (record["camera"], record["session"])
        if kind == "play":
            following[session] = record["frame"]
        elif kind == "stop":
            holes[camera] += abs(record["frame"] + 1 - following.pop(session, record["frame"] + 1))
        else:
            first, last = record["first"], record["last"]
            holes[camera] += abs(first - following[session])
            following[session] = last + 1
            (sent if kind == "span" else skipped)[camera] += last - first + 1
    cameras = sent.keys() | skipped.keys() | holes.keys()
    return {camera: Claim(sent[camera], skipped[camera], holes[camera]) for camera in cameras}


@dataclass(frozen=True, slots=True)
class Soak:
    """What was seen: samples of resident memory (s, bytes), frames by stream as they came, and what the ledger says."""

    cameras: int
    seconds: float
    memory: tuple[tuple[float, float], ...]
    came: tuple[int, ...]
    claimed: dict[str, Claim]
    account: Account
    ledger_bytes: int

    def figures(self) -> list[Figure]:
        """Of the whole soak; one run."""
        warm = self.memory[round(len(self.memory) * _WARM) :]
        growth = slope([(at / 60, value / 1000) for at, value in warm])
        told = [self.claimed.get(camera_id(number), Claim()) for number in range(1, self.cameras + 1)]
        wrong = sum(abs(came - claim.sent) for came, claim in zip(self.came, told, strict=True))
        what = f"{self.cameras:,} SD cameras for {self.seconds / 60:.0f} minutes"
        excess = 0.0 if growth.flat else min(abs(growth.low), abs(growth.high))
        return [
            Figure(f"{what}: slope of RSS, {growth.low:.2f} to {growth.high:.2f} by 95 %", "kB/min", (growth.value,)),
            Figure(f"{what}: slope of RSS beyond noise", "kB/min", (excess,), Bar(0)),
            Figure(f"{what}: RSS at the end", "MB", (self.memory[-1][1] / 1e6,)),
            Figure(f"{what}: frames that came", "frames", (float(sum(self.came)),)),
            Figure(f"{what}: frames where ledger and reader differ", "frames", (float(wrong),), Bar(0)),
            Figure(f"{what}: frames that no line of the ledger tells of", "frames", (_sum(told, "holes"),), Bar(0)),
            Figure(f"{what}: frames not sent", "frames", (_sum(told, "skipped"),), Bar(0)),
            Figure(f"{what}: p99 of lateness", "ms", (self.account.lateness_ms or 0.0,), Bar(10)),
            Figure(f"{what}: size of the ledger", "MB", (self.ledger_bytes / 1e6,)),
        ]


def _sum(told: Iterable[Claim], name: str) -> float:
    return float(sum(getattr(claim, name) for claim in told))


def soak(reel: Reel, cameras: int, minutes: float, tell: Callable[[str], None]) -> Soak:
    """Let a fleet send for so long, then end it and compare what it claims with what came.

    Raises:
        EnvironmentFailure: fleet or reader ended.
        DeadlineExceeded: they do not end.
    """
    serving_core, reading_core = cores()
    with tempfile.TemporaryDirectory(prefix="citycam-soak-") as folder:
        load = Load(cameras, reel, Path(folder), serving_core)
        with OurFleet().serve(load) as serving, draining(serving.targets, reading_core) as drain:
            drain.await_playing(cameras)
            serving.account()
            began = time.monotonic()
            memory = list(_memory(serving.pids, began, minutes * 60, tell))
            account, lasted = serving.account(), time.monotonic() - began
            os.kill(serving.pids[0], signal.SIGTERM)  # what it sent until then comes still, and then the end
            drain.await_closed(cameras)
            came = drain.frames()
            ledgers = sorted(load.folder.glob("root/ledger/*.jsonl"))
            claimed = claims(line for ledger in ledgers for line in ledger.open(encoding="utf-8"))
            size = sum(ledger.stat().st_size for ledger in ledgers)
    return Soak(cameras, lasted, tuple(memory), tuple(came), claimed, account, size)


def _memory(
    pids: tuple[int, ...], began: float, seconds: float, tell: Callable[[str], None]
) -> Iterator[tuple[float, float]]:
    step = min(_SAMPLE_S, seconds / _BLOCKS / 4)
    told = 0
    while (at := time.monotonic() - began) < seconds:
        resident = resident_bytes(pids)
        yield at, float(resident)
        if at // 60 > told:
            told = int(at // 60)
            tell(f"{told} min: RSS {resident / 1e6:.1f} MB")
        time.sleep(step)
