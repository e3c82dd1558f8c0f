"""Compare a played-back clip with what its camera really sent.

What a MediaMTX playback server (v1.20.1, `internal/playback`) returns for `start` and `duration` as fMP4: every frame
whose recorded time lies in [start, start + duration), and, unless the first of them is a key frame, also the frames
from the last key frame before it, so that a decoder can begin. A frame's recorded time is its segment's file name plus
its decode time in it: the gateway's clock when frames arrive, some milliseconds after the camera's schedule. It may
differ by the time error that another criterion limits; `SLACK_S` allows for that and for nothing else.

So a clip is right when
 1. every frame carries a valid watermark of this camera, in strictly rising order, and was really sent;
 2. no sent frame between its first and its last is absent, nor any that was scheduled inside the interval by more than
    the slack;
 3. it begins with a key frame, at most one group of pictures before the interval, and does not outlast it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SLACK_S = 1.0
"""Most that the gateway's clock and a camera's schedule may differ: the limit of the time-error criterion."""


Column = NDArray[np.int64]
Flags = NDArray[np.bool_]


class SentFrames(Protocol):
    """The ledger, as far as this comparison needs it."""

    def sent(self, camera: str, start_ns: int, stop_ns: int) -> Column:
        """Numbers of the frames that `camera` sent and that were scheduled in [start, stop), rising."""


class ClipFrames(Protocol):
    """What the clip's own watermarks say, one element a frame (see `citycam.evidence.fmp4.Frames`)."""

    @property
    def camera(self) -> Column:
        """Camera number, -1 if it cannot be read."""

    @property
    def frame(self) -> Column:
        """Frame number."""

    @property
    def scheduled_ns(self) -> Column:
        """When the camera should have sent it, ns since 1970."""

    @property
    def ok(self) -> Flags:
        """Whether watermark and media check hold."""

    @property
    def key(self) -> Flags:
        """Whether a decoder can begin here."""


@dataclass(frozen=True)
class Comparison:
    """Frames that had to be there, those that were, those that should not have been, and a word for each complaint."""

    expected: int
    found: int
    wrong: int
    complaints: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether the clip is exactly what it should be."""
        return self.expected > 0 and self.found == self.expected and self.wrong == 0 and not self.complaints


def compare(frames: ClipFrames, camera: int, ledger: SentFrames, name: str, interval: tuple[int, int]) -> Comparison:
    """Compare a clip with the ledger.

    Args:
        frames: of the clip.
        camera: the number its watermarks must carry.
        ledger: what was sent.
        name: the camera's id in the ledger.
        interval: asked for, [start, stop) in ns since 1970.
    """
    start_ns, stop_ns = interval
    slack_ns = round(min(SLACK_S, (stop_ns - start_ns) / 4e9) * 1e9)
    core = ledger.sent(name, start_ns + slack_ns, stop_ns - slack_ns)
    own = frames.ok & (frames.camera == camera)
    numbers = frames.frame[own]
    times = frames.scheduled_ns[own]
    if not len(numbers):
        return Comparison(len(core), 0, len(frames.ok), ("no frame of this camera",))
    between = ledger.sent(name, int(times.min()), int(times.max()) + 1)
    expected = np.union1d(core, between)
    found = np.intersect1d(numbers, expected)
    late = int((times > stop_ns + slack_ns).sum())
    unsent = int((~np.isin(numbers, between)).sum())
    disordered = int((np.diff(numbers) <= 0).sum())
    return Comparison(
        expected=len(expected),
        found=len(found),
        wrong=int((~own).sum()) + late + unsent + disordered,
        complaints=(
            *_count(len(expected) - len(found), "missing"),
            *_count(int((~own).sum()), "foreign or damaged"),
            *_count(unsent, "never sent"),
            *_count(disordered, "out of order"),
            *_count(late, "after the interval"),
            *_beginning(frames, start_ns - slack_ns),
        ),
    )


def compare_counted(
    decode_time_s: NDArray[np.float64], fps: int, ledger: SentFrames, name: str, interval: tuple[int, int]
) -> Comparison:
    """Compare a clip whose frames carry no watermark, by their number and distances alone; who they are is not proved.

    Every frame can be decoded alone, so the clip holds those of the interval and no others, but for the slack.

    Args:
        decode_time_s: of the clip's frames, in file order.
        fps: what the camera declares.
        ledger: what was sent.
        name: the camera's id in the ledger.
        interval: asked for, [start, stop) in ns since 1970.
    """
    start_ns, stop_ns = interval
    slack_ns = round(min(SLACK_S, (stop_ns - start_ns) / 4e9) * 1e9)
    least = len(ledger.sent(name, start_ns + slack_ns, stop_ns - slack_ns))
    most = len(ledger.sent(name, start_ns - slack_ns, stop_ns + slack_ns))
    found = len(decode_time_s)
    steps = np.round(np.diff(decode_time_s) * fps).astype(np.int64)
    skipped, disordered = int(np.maximum(steps - 1, 0).sum()), int((steps < 1).sum())
    expected = max(least, min(found, most) + skipped)
    return Comparison(
        expected=expected,
        found=min(found, expected),
        wrong=max(0, found - most) + disordered,
        complaints=(
            *_count(max(least - found, skipped), "missing"),
            *_count(disordered, "out of order"),
            *_count(max(0, found - most), "more than were sent"),
        ),
    )


def _count(number: int, what: str) -> tuple[str, ...]:
    return (f"{number} frames {what}",) if number else ()


def _beginning(frames: ClipFrames, start_ns: int) -> tuple[str, ...]:
    """The first frame is a key frame; a second one before the interval would make the first superfluous."""
    if not frames.key[0]:
        return ("does not begin with a key frame",)
    keys = frames.scheduled_ns[frames.key]
    if len(keys) > 1 and keys[1] < start_ns:
        return ("begins more than one group of pictures before the interval",)
    return ()
