"""What is really on disk of a camera, read without the code that follows recordings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from citycam.evidence import fmp4
from citycam.evidence.segment import file_time_ns


@dataclass(frozen=True)
class OnDisk:
    """Frames and files of one camera, whole; times in ns since 1970."""

    frames: int
    bytes: int
    gaps: int
    newest_ns: int
    newest_file_ns: int


def on_disk(segments: list[Path]) -> OnDisk:
    """Count what lies in these files; a gap is a jump in frame numbers."""
    read = [fmp4.read_frames(path) for path in segments]
    numbers = [number for frames in read for number in frames.frame.tolist()]
    return OnDisk(
        frames=len(numbers),
        bytes=sum(path.stat().st_size for path in segments),
        gaps=sum(later > earlier + 1 for earlier, later in pairwise(numbers)),
        newest_ns=max(int(frames.sent_ns.max()) for frames in read),
        newest_file_ns=file_time_ns(segments[-1].name) or 0,
    )
