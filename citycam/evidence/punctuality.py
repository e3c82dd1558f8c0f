"""How punctual the simulated cameras were: what each process of the fleet counted while a run was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

BIN_S = 0.000_1
"""Width of a bin of lateness."""
LAST_BIN = 10_000
"""The bin of all frames that were a second late or more."""
PERCENT = 99


@dataclass(frozen=True)
class Count:
    """What a process has counted until now.

    `started` is when it did (seconds since 1970), `cpu_seconds` its user and system time, `late` its frames by how
    late they were handed to the kernel: bin → frames.
    """

    started: float
    cpu_seconds: float
    late: Mapping[int, int]

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Count:
        """As the fleet tells it."""
        late = {int(place): int(frames) for place, frames in record["bins"].items()}
        return cls(float(record["started"]), float(record["cpu_seconds"]), late)


@dataclass(frozen=True)
class Shard:
    """One process: frames that it sent, their 99th percentile of lateness (s), and cores that it used.

    `p99_s` is None where it is not known; `why` then says so.
    """

    shard: str
    frames: int
    p99_s: float | None
    cores: float
    why: str = ""


def punctuality(before: Mapping[str, Count], after: Mapping[str, Count], seconds: float) -> dict[str, Any]:
    """`evidence/fleet.json`, of two looks at every process that are so many seconds apart."""
    shards = [_shard(name, before.get(name), after.get(name), seconds) for name in sorted(before.keys() | after.keys())]
    return {"schema_version": 1, "seconds": seconds, "shards": [asdict(shard) for shard in shards]}


def _shard(name: str, before: Count | None, after: Count | None, seconds: float) -> Shard:
    if before is None or after is None or before.started != after.started:
        return Shard(name, 0, None, 0.0, "it ended or was started anew")
    late = {place: frames - before.late.get(place, 0) for place, frames in after.late.items()}
    frames, cores = sum(late.values()), (after.cpu_seconds - before.cpu_seconds) / seconds
    place = _percentile(late, frames)
    if place is None:
        return Shard(name, 0, None, cores, "it sent no frame")
    if place >= LAST_BIN:
        return Shard(name, frames, None, cores, "frames were a second late or more")
    return Shard(name, frames, round((place + 1) * BIN_S, 9), cores)


def _percentile(late: Mapping[int, int], frames: int) -> int | None:
    """The bin in which 99 of 100 frames are reached; None of no frames."""
    seen = 0
    for place, count in sorted(late.items()):
        seen += count
        if seen * 100 >= frames * PERCENT and seen:
            return place
    return None
