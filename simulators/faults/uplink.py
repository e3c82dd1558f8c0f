"""uplink: a site loses its uplink: connections hang, new ones fail, and at the end all cameras are back at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault


@dataclass(frozen=True, kw_only=True)
class Uplink(Fault):
    """All cameras of a site, silent for `seconds`."""

    kind: ClassVar[str] = "uplink"

    seconds: float = 20.0

    def mutes(self) -> bool:
        """See `Fault`."""
        return True

    def refuses(self) -> bool:
        """See `Fault`."""
        return True
