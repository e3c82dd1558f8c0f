"""session-limit: the camera has no session left, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class SessionLimit(Fault):
    """PLAY is answered 453; sessions that play go on."""

    kind: ClassVar[str] = "session-limit"

    def admits(self) -> bool:
        """See `Fault`."""
        return False
