"""clock-jump: the camera's own clock is set wrong, forward or back; sender reports and ONVIF show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, number
from simulators.rtsp.feed import Feed

_MOST_S = 10 * 366 * 86_400


@dataclass(frozen=True, kw_only=True)
class ClockJump(Fault):
    """The clock shows `by` seconds more; RTP timestamps go on, so that no picture is lost by it."""

    kind: ClassVar[str] = "clock-jump"

    by: float

    def __post_init__(self) -> None:
        super().__post_init__()
        number("by", self.by, _MOST_S)

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        wrong = feed.clock._replace(error_ns=feed.clock.error_ns + round(self.by * 1e9))
        return feed._replace(clock=wrong)
