"""Frames without a watermark: which they are, by when they were taken.

Within one sitting of the recorder the distances are those of the RTP timestamps, and exact: MediaMTX writes into each
file when it begins in the time of the session, whose first packet came at 0. The session's first frame, as the ledger
states it, makes numbers of them; where the ledger has none, the file's name and a clock must do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from citycam.evidence.ledger import SECOND, CameraLedger, Clock
from citycam.evidence.segment import Segment

Ints = npt.NDArray[np.int64]

TOLERANCE_NS = 60 * SECOND
"""How far a gateway's clock may be from the fleet's for its sessions to be recognised."""
YEAR_S = 366 * 86_400.0
"""Decode times beyond it are damage."""
_STEADY_NS = SECOND
_OFF = 5e-4
"""Clocks of cameras are off by less than this share; 30 and 30000/1001 frames a second are further apart."""
_EARLY = 0.25
"""Frames are sent and arrive after they are due; a quarter of a frame for clocks that differ."""


class Identity(IntEnum):
    """What a frame's number rests on. Only a watermark proves it."""

    WATERMARK = 0
    TIMESTAMPS = 1
    """RTP timestamps, counted from the session's first frame."""
    CLOCK = 2
    """RTP timestamps, and for the first of them the time that the file's name states."""


@dataclass(frozen=True)
class Placed:
    """Numbers of a segment's frames in file order, and what they rest on."""

    frame: Ints
    identity: Identity


def place(segments: Sequence[Segment], ledger: CameraLedger) -> dict[int, Placed]:
    """Numbers for all segments without watermarks that state a time, by their place in `segments`."""
    if ledger.clock is None:
        return {}
    sittings: dict[bytes | int, list[int]] = {}
    for at, one in enumerate(segments):
        if one.frames is not None and not one.frames.header.coding.prefix and one.time_ns >= 0:
            sittings.setdefault(one.frames.header.stream or at, []).append(at)
    found: dict[int, Placed] = {}
    for places in sittings.values():
        told = [(at, _origin(segments[at], ledger.clock)) for at in places]
        middle = sorted(origin for _, origin in told)[len(told) // 2]
        steady = [one for one in told if abs(one[1] - middle) * ledger.clock.interval_ns <= _STEADY_NS]
        origins = [play.origin for play in ledger.plays if play.origin is not None]
        found |= _number(segments, steady, origins, ledger.clock)
        for stray in set(told).difference(steady):  # timestamps or a clock jumped
            found |= _number(segments, [stray], [], ledger.clock)
    return found


def _origin(one: Segment, clock: Clock) -> float:
    """Which frame was due when the session began, by what the segment says."""
    assert one.frames is not None
    return (one.time_ns - clock.epoch_ns) / clock.interval_ns - (one.frames.header.began_ns or 0) / _spacing_ns(clock)


def _spacing_ns(clock: Clock) -> float:
    """From frame to frame in RTP timestamps: a camera whose clock is off still counts its frames as declared."""
    declared = round(clock.num / clock.den)
    rate = clock.num / clock.den
    return SECOND / (declared if declared and abs(rate / declared - 1) < _OFF else rate)


def _number(
    segments: Sequence[Segment], part: list[tuple[int, float]], origins: list[int], clock: Clock
) -> dict[int, Placed]:
    # The packet that was least under way tells best when the session began.
    began = min(origin for _, origin in part)
    near = [one for one in origins if abs(one - began) * clock.interval_ns <= TOLERANCE_NS]
    first = min(near, key=lambda one: abs(one - began)) if near else math.floor(began + _EARLY)
    found = {}
    for at, _ in part:
        frames = segments[at].frames
        assert frames is not None
        since_ns = (frames.header.began_ns or 0) + np.clip(frames.decode_time_s, 0, YEAR_S) * SECOND
        numbers = first + np.round(since_ns / _spacing_ns(clock)).astype(np.int64)
        found[at] = Placed(numbers, Identity.TIMESTAMPS if near else Identity.CLOCK)
    return found
