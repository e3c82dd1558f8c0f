"""Recorded segments. `2026-11-23_23-40-00-123456.mp4` says in UTC when the first frame reached the gateway."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from citycam.evidence.fmp4 import Frames

SUFFIX = ".mp4"
_NAME = re.compile(r"(\d{4})-(\d{2})-(\d{2})_(\d{2})-(\d{2})-(\d{2})-(\d{6})\.mp4")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Segment:
    """A file; `time_ns` is what its name says (-1: nothing), `frames` is None if it cannot be read, `node` had it."""

    name: str
    time_ns: int
    bytes: int
    frames: Frames | None
    why: str = ""
    node: str = ""


def file_time_ns(name: str) -> int | None:
    """Nanoseconds since 1970 UTC that a segment's file name states; None if it is not such a name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        return None
    return (moment - _EPOCH) // _MICROSECOND * 1000


def file_name(time_ns: int) -> str:
    """The name of a segment that begins at `time_ns`; the inverse of `file_time_ns`, cut to microseconds."""
    moment = _EPOCH + timedelta(microseconds=time_ns // 1000)
    return moment.strftime("%Y-%m-%d_%H-%M-%S-%f") + SUFFIX


def segments_of(folder: Path) -> list[Path]:
    """The segments in a camera's folder in order of the time in their names; names without a time come last."""
    try:
        names = [name for name in os.listdir(folder) if name.endswith(SUFFIX)]
    except FileNotFoundError:
        return []
    return [folder / name for name in sorted(names, key=lambda name: (_NAME.fullmatch(name) is None, name))]
