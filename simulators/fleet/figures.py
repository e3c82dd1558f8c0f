"""What the fleet counts, and its Prometheus text (exposition format 0.0.4)."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

LATE_NS = 10_000_000
"""A frame that leaves more than 10 ms after its schedule is late."""
_BOUNDS_MS = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 50.0, 100.0, 500.0, 1000.0)
_BIN_NS = 100_000
_BINS = 10_000
_PAGE = resource.getpagesize()


class Counted(Protocol):
    """What is published of one camera."""

    sent: int
    dropped: int
    late: int

    @property
    def id(self) -> str:
        """Camera id."""
        ...

    @property
    def playing(self) -> bool:
        """Whether any reader gets its stream."""
        ...


class Lateness:
    """How long after its schedule each frame was handed to the kernel: bins of 0.1 ms up to a second."""

    def __init__(self) -> None:
        self.total = 0
        self.sum_ns = 0
        self._ever = [0] * (_BINS + 1)
        self._since = list(self._ever)
        self._max_ns = 0

    def add(self, nanoseconds: int, frames: int) -> None:
        """Count `frames` frames that were this late."""
        place = min(nanoseconds // _BIN_NS, _BINS) if nanoseconds > 0 else 0
        self._ever[place] += frames
        self.total += frames
        self.sum_ns += nanoseconds * frames
        self._max_ns = max(self._max_ns, nanoseconds)

    def restart(self) -> None:
        """Forget what `summary` tells; the histogram goes on, as counters must."""
        self._since = list(self._ever)
        self._max_ns = 0

    def summary(self) -> dict[str, float]:
        """p50, p99 and max in milliseconds since `restart`; a percentile is the upper edge of its bin."""
        return _summary(self._counts(), self._max_ns)

    def record(self) -> dict[str, Any]:
        """What `summary` tells, as bins that can be added to another fleet's; empty ones are left out."""
        return {"max_ns": self._max_ns, "bins": {str(at): count for at, count in enumerate(self._counts()) if count}}

    def _counts(self) -> list[int]:
        return [ever - before for ever, before in zip(self._ever, self._since, strict=True)]

    def lines(self, name: str) -> Iterable[str]:
        """The histogram in seconds."""
        yield f"# TYPE {name} histogram"
        below, at = 0, 0
        for bound in _BOUNDS_MS:
            edge = int(bound * 1e6 / _BIN_NS)
            below += sum(self._ever[at:edge])
            at = edge
            yield f'{name}_bucket{{le="{bound / 1000:g}"}} {below}'
        yield f'{name}_bucket{{le="+Inf"}} {self.total}'
        yield f"{name}_sum {self.sum_ns / 1e9:.6f}"
        yield f"{name}_count {self.total}"


def summary_of(records: Iterable[dict[str, Any]]) -> dict[str, float]:
    """The summary of several `Lateness.record`s together: bins add, percentiles do not."""
    counts, highest = [0] * (_BINS + 1), 0
    for record in records:
        highest = max(highest, record["max_ns"])
        for place, count in record["bins"].items():
            counts[int(place)] += count
    return _summary(counts, highest)


def _summary(counts: list[int], max_ns: int) -> dict[str, float]:
    highest = max_ns / 1e6
    return {
        "p50": min(_percentile(counts, 0.50), highest),
        "p99": min(_percentile(counts, 0.99), highest),
        "max": highest,
    }


def _percentile(counts: list[int], share: float) -> float:
    wanted = share * sum(counts)
    seen = 0
    for place, count in enumerate(counts):
        seen += count
        if seen >= wanted > 0:
            return (place + 1) * _BIN_NS / 1e6
    return 0.0


def cpu_seconds() -> float:
    """User and system time of this process."""
    return time.process_time()


def resident_bytes() -> int:
    """Resident memory of this process (proc(5))."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE


def exposition(cameras: Iterable[Counted], lateness: Lateness, sessions: int, started: float) -> str:
    """All metrics as text; `started` is the process's start in seconds since 1970."""
    listed = sorted(cameras, key=lambda camera: camera.id)
    lines: list[str] = []
    for name, field in (("sent", "sent"), ("late", "late"), ("dropped", "dropped")):
        lines.append(f"# TYPE citycam_fleet_frames_{name}_total counter")
        for camera in listed:
            lines.append(f'citycam_fleet_frames_{name}_total{{camera="{camera.id}"}} {getattr(camera, field)}')
    lines.append("# TYPE citycam_fleet_frames_scheduled_total counter")
    for camera in listed:
        lines.append(f'citycam_fleet_frames_scheduled_total{{camera="{camera.id}"}} {camera.sent + camera.dropped}')
    lines.append("# TYPE citycam_fleet_playing gauge")
    lines += [f'citycam_fleet_playing{{camera="{camera.id}"}} {int(camera.playing)}' for camera in listed]
    lines += ["# TYPE citycam_fleet_cameras gauge", f"citycam_fleet_cameras {len(listed)}"]
    lines += ["# TYPE citycam_fleet_sessions gauge", f"citycam_fleet_sessions {sessions}"]
    lines += lateness.lines("citycam_fleet_send_lateness_seconds")
    lines += ["# TYPE process_cpu_seconds_total counter", f"process_cpu_seconds_total {cpu_seconds():.3f}"]
    lines += ["# TYPE process_resident_memory_bytes gauge", f"process_resident_memory_bytes {resident_bytes()}"]
    lines += ["# TYPE process_start_time_seconds gauge", f"process_start_time_seconds {started:.3f}"]
    return "\n".join(lines) + "\n"
