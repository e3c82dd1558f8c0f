"""clock-drift: the camera's own clock runs fast or slow; sender reports and ONVIF show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, number
from simulators.rtsp.feed import Feed


@dataclass(frozen=True, kw_only=True)
class ClockDrift(Fault):
    """The clock gains `ppm` millionths, or loses them, and has done so since it was last set."""

    kind: ClassVar[str] = "clock-drift"

    ppm: float

    def __post_init__(self) -> None:
        super().__post_init__()
        number("ppm", self.ppm, 10_000)

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        wrong = feed.clock._replace(drift_ppb=feed.clock.drift_ppb + round(self.ppm * 1000))
        return feed._replace(clock=wrong)
