"""What a client says of one request, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One viewing or playback, with wall clock `start_ns` and the time until its user had what was asked for.

    Live: until the last byte of the first complete key frame. Playback: until the last byte of the clip. After an
    `error`, until it was known. `frames` are complete access units seen live from that key frame on, `frames_missing`
    the numbers absent between their watermarks.
    """

    start_ns: int
    response_ms: float
    size: int
    error: Exception | None
    frames: int = 0
    frames_missing: int = 0
