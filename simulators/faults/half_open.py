"""half-open: the camera has forgotten its connections and does not say so; new ones are served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class HalfOpen(Fault):
    """A camera that lost power for a moment: its old connections hang until their readers notice."""

    kind: ClassVar[str] = "half-open"

    def mutes(self) -> bool:
        """See `Fault`."""
        return True
