"""ssrc-jump: in mid-stream packets carry another synchronisation source (RFC 3550 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault
from simulators.rtsp.feed import Feed


@dataclass(frozen=True, kw_only=True)
class SsrcJump(Fault):
    """An encoder that started again behind an RTSP server that did not notice. `seed` decides the new source."""

    kind: ClassVar[str] = "ssrc-jump"

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        return feed._replace(ssrc=feed.ssrc + self.seed + 1)
