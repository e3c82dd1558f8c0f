"""What a recorder has on its disks: whole days of its own local time, some of them missing, the same for a seed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from simulators.faults.fault import chance

MISSING = 0.07
"""Share of days without a recording."""
_HOUR_NS = 3_600_000_000_000
_DAY_NS = 24 * _HOUR_NS
_ZONE_NS = 7 * _HOUR_NS
"""Asia/Ho_Chi_Minh is seven hours ahead of UTC, all the year."""
_FIRST = date(1970, 1, 1)


class Span(NamedTuple):
    """A recording without a gap; ns since 1970, UTC."""

    from_ns: int
    until_ns: int


def _recorded(camera: str, seed: int, now_ns: int, kept: int) -> Iterator[int]:
    """Numbers of the days, counted from 1970."""
    today = (now_ns + _ZONE_NS) // _DAY_NS
    yield from (day for day in range(today - kept + 1, today) if chance(seed, camera, "recorded", day) >= MISSING)
    yield today


def days(camera: str, seed: int, now_ns: int, kept: int) -> list[date]:
    """The days of which there is a recording, oldest first; today always. `kept` is how many days the disks hold."""
    return [_FIRST + timedelta(days=day) for day in _recorded(camera, seed, now_ns, kept)]


def spans(camera: str, seed: int, now_ns: int, kept: int) -> list[Span]:
    """The same as stretches without a gap; the last one is still growing."""
    found: list[Span] = []
    for day in _recorded(camera, seed, now_ns, kept):
        begin = day * _DAY_NS - _ZONE_NS
        end = min(now_ns, begin + _DAY_NS)
        if found and found[-1].until_ns == begin:
            found[-1] = Span(found[-1].from_ns, end)
        else:
            found.append(Span(begin, end))
    return found
