"""freeze: the connection stays open and nothing comes any more; who connects anew gets no answer either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from citycam.wire.rtsp import Response
from simulators.faults.fault import Fault, Moment


@dataclass(frozen=True, kw_only=True)
class Freeze(Fault):
    """A camera whose program hangs."""

    kind: ClassVar[str] = "freeze"

    def omits(self, moment: Moment) -> bool:
        """See `Fault`."""
        return True

    def answers(self, method: str, answer: Response) -> bytes:
        """See `Fault`."""
        return b""
