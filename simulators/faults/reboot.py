"""reboot: every connection is reset, and new ones are refused until the camera is up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class Reboot(Fault):
    """A camera that starts again; `seconds` is how long that takes."""

    kind: ClassVar[str] = "reboot"

    seconds: float = 20.0

    def resets(self) -> bool:
        """See `Fault`."""
        return True

    def refuses(self) -> bool:
        """See `Fault`."""
        return True
