"""drop-frames: a camera that leaves out every n-th frame and claims to have sent it.

It is the proof that the harness can fail: only the watermarks show it. RTP sequence numbers stay continuous, as with
a camera whose encoder never made the frame; with a gap the gateway's own loss counter would already tell, and we would
test that instead. A key frame is never left out, the frame after it is: the stream stays decodable, the loss remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from simulators.faults.fault import Fault, Moment


@dataclass(frozen=True, kw_only=True)
class DropFrames(Fault):
    """Leave out the last of every `every` frames (numbers that are `every - 1` modulo `every`)."""

    kind: ClassVar[str] = "drop-frames"
    honest: ClassVar[bool] = False

    every: int

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.every, int) or self.every < 2:
            raise ValueError(f"every must be a whole number of at least 2, not {self.every!r}")

    def omits(self, moment: Moment) -> bool:
        """See `Fault`."""
        place = moment.frame % self.every
        if place == self.every - 1:
            return not moment.is_key(moment.frame)
        return place == 0 and moment.is_key(moment.frame - 1)
