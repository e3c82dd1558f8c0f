"""drop-frames: a camera that leaves out every n-th frame and claims to have sent it.

It is the proof that the harness can fail: only the watermarks show it. RTP sequence numbers stay continuous, as with
a camera whose encoder never made the frame; with a gap the gateway's own loss counter would already tell, and we would
test that instead. A key frame is never left out, the frame after it is: the stream stays decodable, the loss remains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class DropFrames:
    """Leave out the last of every `every` frames (numbers that are `every - 1` modulo `every`)."""

    kind: ClassVar[str] = "drop-frames"
    honest: ClassVar[bool] = False

    cameras: frozenset[str]
    every: int

    def __post_init__(self) -> None:
        if not isinstance(self.every, int) or self.every < 2:
            raise ValueError(f"every must be a whole number of at least 2, not {self.every!r}")

    def omits(self, frame: int, is_key: Callable[[int], bool]) -> bool:
        """See `Fault.omits`."""
        place = frame % self.every
        if place == self.every - 1:
            return not is_key(frame)
        return place == 0 and is_key(frame - 1)

    def as_dict(self) -> dict[str, Any]:
        """See `Fault.as_dict`."""
        return {"kind": self.kind, "cameras": sorted(self.cameras), "every": self.every}
