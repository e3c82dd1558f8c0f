"""lose-frames: a camera that loses frames by chance, between encoder and network, and the ledger says which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, Moment, chance, share


@dataclass(frozen=True, kw_only=True)
class LoseFrames(Fault):
    """Each frame is lost with probability `part`."""

    kind: ClassVar[str] = "lose-frames"

    part: float

    def __post_init__(self) -> None:
        super().__post_init__()
        share("part", self.part)

    def omits(self, moment: Moment) -> bool:
        """See `Fault`."""
        return chance(self.seed, moment.camera, moment.frame) < self.part
