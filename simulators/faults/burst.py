"""burst: the bit rate rises far above what was declared, by pictures that are filled up; MJPEG stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault
from simulators.rtsp.feed import Feed


@dataclass(frozen=True, kw_only=True)
class Burst(Fault):
    """Every picture becomes `times` as large, by filler data (ITU-T H.264 7.3.2.7, H.265 7.3.2.8)."""

    kind: ClassVar[str] = "burst"

    times: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.times, bool) or not isinstance(self.times, int) or not 2 <= self.times <= 50:
            raise ValueError(f"times must be a whole number from 2 to 50, not {self.times!r}")

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        return feed._replace(bulk=feed.bulk * self.times)
