"""slow-start: the camera agrees to play, and its first frames come late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, Moment


@dataclass(frozen=True, kw_only=True)
class SlowStart(Fault):
    """Nothing is sent in the first `wait` seconds of a session."""

    kind: ClassVar[str] = "slow-start"

    wait: float

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.wait, int | float) or not 0 < self.wait <= 600:
            raise ValueError(f"wait must be a number of seconds up to 600, not {self.wait!r}")

    def omits(self, moment: Moment) -> bool:
        """See `Fault`."""
        return moment.frame - moment.first < self.wait * moment.fps
