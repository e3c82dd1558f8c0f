"""timestamp-jump: in mid-stream RTP timestamps leap, forward or back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, number
from simulators.rtsp.feed import Feed


@dataclass(frozen=True, kw_only=True)
class TimestampJump(Fault):
    """Timestamps leap by `by` seconds, and back when it is over; frames come as before."""

    kind: ClassVar[str] = "timestamp-jump"

    by: float

    def __post_init__(self) -> None:
        super().__post_init__()
        number("by", self.by, 40_000)  # a timestamp wraps after 47,721 s

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        return feed._replace(jump_ms=feed.jump_ms + round(self.by * 1000))
