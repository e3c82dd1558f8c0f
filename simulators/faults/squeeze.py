"""squeeze: a line that carries less than the camera makes: whole frames fall out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, Moment, chance


@dataclass(frozen=True, kw_only=True)
class Squeeze(Fault):
    """About `bitrate` bits a second get through; the larger a frame, the less likely it is to."""

    kind: ClassVar[str] = "squeeze"

    bitrate: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.bitrate, int) or self.bitrate < 1000:
            raise ValueError(f"bitrate must be a whole number of at least 1000 bits a second, not {self.bitrate!r}")

    def omits(self, moment: Moment) -> bool:
        """See `Fault`."""
        return chance(self.seed, moment.camera, moment.frame) * moment.size * 8 * moment.fps > self.bitrate
