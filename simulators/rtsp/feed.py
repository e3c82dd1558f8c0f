"""What a camera sends: which clip, in which phase, by which clock. Cameras with equal feeds share their bytes."""

from __future__ import annotations

from typing import NamedTuple

EPOCH_NS = 1_735_689_600_000_000_000
"""Frame 0 of every camera, before its phase, and when every camera's clock was last set: 2025-01-01T00:00:00Z."""


class Clock(NamedTuple):
    """How wrong a camera's own clock is: by so many ns when it was last set, and so many ns more every second."""

    error_ns: int = 0
    drift_ppb: int = 0

    def read(self, true_ns: int) -> int:
        """What the clock shows; ns since 1970, UTC."""
        return true_ns + self.error_ns + (true_ns - EPOCH_NS) * self.drift_ppb // 1_000_000_000


class Feed(NamedTuple):
    """One stream as it leaves the camera."""

    clip: str
    slot: int
    """Which part of the frame period it sends in: phases are spread so that cameras do not send all at once."""
    pace_ppb: int = 0
    """How much faster than declared frames come: the crystal that makes the clock drift."""
    clock: Clock = Clock()
    """The wall clock of sender reports."""
    ssrc: int = 0
    """Salt of the synchronisation source."""
    jump_ms: int = 0
    """Added to RTP timestamps."""
    bulk: int = 1
    """Every picture is filled up to so many times its size."""
