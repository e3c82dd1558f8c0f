"""A tally: what the ledger is told of one session. Runs of frames that were sent, or that were not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.fleet.broadcast import Broadcast
    from simulators.fleet.ledger import Ledger
    from simulators.fleet.state import CameraState


class Tally:
    """Counts frames of a session from its first one on.

    Args:
        ledger: where runs of frames are written.
        camera: whose counters they are added to.
        broadcast: what sends them.
        session: its name in the ledger.
        frame: the first one.
    """

    __slots__ = ("_begin", "_camera", "_cause", "_held", "_late", "_ledger", "broadcast", "first", "session")

    def __init__(self, ledger: Ledger, camera: CameraState, broadcast: Broadcast, session: str, frame: int) -> None:
        self._ledger = ledger
        self._camera = camera
        self.broadcast = broadcast
        self.session = session
        self.first = frame
        self._begin, self._cause = frame, ""
        self._held = -1
        self._late = broadcast.late

    @property
    def unsettled(self) -> int:
        """The first frame the ledger does not know of yet."""
        return self._held if self._held >= 0 else self._begin

    @property
    def holds(self) -> bool:
        """Whether a frame is only half with the kernel."""
        return self._held >= 0

    def held_since_ns(self) -> int | None:
        """When the frame is due that is only half with the kernel; None if there is none."""
        return self.broadcast.cohort.scheduled(self._held) if self._held >= 0 else None

    def note(self, frame: int, cause: str) -> bool:
        """From `frame` on frames are sent (no cause), or skipped for this cause; whether that is new."""
        if cause == self._cause or self._held >= 0:
            return False
        self._write(frame - 1)
        self._cause = cause
        return True

    def hold(self, frame: int) -> None:
        """The kernel took only a part of `frame`; what is left goes out before anything else."""
        self._write(frame - 1)
        self._held = frame
        self._begin, self._cause = frame + 1, "slow-reader"

    def release(self, *, sent: bool) -> None:
        """The half-sent frame is out, or never will be."""
        frame, self._held = self._held, -1
        if frame < 0:
            return
        if sent:
            self._ledger.span(self._camera.id, self.session, frame, frame, self.broadcast.cohort)
            self._camera.count_sent(1)
        else:
            self._ledger.skip(self._camera.id, self.session, frame, frame, "slow-reader")
            self._camera.count_dropped(1)

    def settle(self) -> None:
        """Write what is known up to now into the ledger and the counters."""
        if self._held < 0:
            self._write(self.broadcast.next_frame - 1)
        late = self.broadcast.late
        self._camera.count_late(late - self._late)
        self._late = late

    def end(self, cause: str) -> None:
        """The session ends."""
        self.release(sent=False)
        self.settle()
        self._ledger.stop(self._camera.id, self.session, self.broadcast.next_frame - 1, cause)

    def _write(self, through: int) -> None:
        first, count = self._begin, through - self._begin + 1
        if count <= 0:
            return
        self._begin = through + 1
        if self._cause:
            self._ledger.skip(self._camera.id, self.session, first, through, self._cause)
            self._camera.count_dropped(count)
        else:
            self._ledger.span(self._camera.id, self.session, first, through, self.broadcast.cohort)
            self._camera.count_sent(count)
