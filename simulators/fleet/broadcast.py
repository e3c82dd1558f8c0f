"""Send a cohort's frames to its readers when they are due. The loop here is what the fleet spends its time in."""

from __future__ import annotations

import heapq
import time
from asyncio import AbstractEventLoop, TimerHandle
from itertools import count
from typing import TYPE_CHECKING

from simulators.fleet.cohort import Cohort, Lanes, Rendered
from simulators.fleet.figures import LATE_NS, Lateness

if TYPE_CHECKING:
    from simulators.fleet.reader import Reader

OVERLOAD_NS = 1_000_000_000
"""Frames that could not be sent within a second are skipped: late pictures in bulk help no reader."""
LONGEST_NS = 100_000_000
"""Frames are sent for so long at a stretch: a fleet that cannot send them all still answers who asks what is wrong."""
_BATCH = 64
_PATIENCE_S = 2
"""By UDP a viewer waits so long for a key frame, and no longer: players give up on silence there, GStreamer after 5 s.
By TCP all wait for it, since what comes before is of no use: cameras make one for somebody new, or have one soon."""


class Broadcast:
    """One cohort and those who watch it. `next_frame` is the first that was not handled yet."""

    def __init__(self, cohort: Cohort, lateness: Lateness) -> None:
        self.cohort = cohort
        self.late = 0
        """Frames that left late since the fleet started."""
        self.next_frame = 0
        self.due_ns = 0
        """When `next_frame` is due."""
        self.armed = False
        self._lateness = lateness
        self._waiting: dict[Reader, int] = {}
        """Those who are to join, and with which frame."""
        self._streams: dict[Lanes, list[Reader]] = {}
        self._datagrams: list[Reader] = []

    @property
    def watched(self) -> bool:
        """Whether anyone watches, or waits for the first frame."""
        return bool(self._streams or self._datagrams or self._waiting)

    def join(self, reader: Reader) -> int:
        """The frame that will be the reader's first: a key frame, if one is near."""
        if not self.watched:
            self._advance(self.cohort.frame_at(time.time_ns()))
        first = self.cohort.next_key(self.next_frame)
        if reader.lanes is None and first - self.next_frame > _PATIENCE_S * self.cohort.script.fps:
            first = self.next_frame
        self._waiting[reader] = first
        return first

    def leave(self, reader: Reader) -> None:
        """Send nothing to this reader any more."""
        self._waiting.pop(reader, None)
        for readers in (self._datagrams, *self._streams.values()):
            if reader in readers:
                readers.remove(reader)
        if reader.lanes in self._streams and not self._streams[reader.lanes]:
            del self._streams[reader.lanes]

    def run(self, now: int) -> None:
        """Send the next frame, if it is due."""
        if now - self.due_ns > OVERLOAD_NS:
            self._skip(self.cohort.frame_at(now))
        if self.due_ns <= now:
            self._send(self.next_frame, now)

    def _skip(self, target: int) -> None:
        for reader in self._playing():
            reader.note(self.next_frame, "overload")
        self._advance(target)

    def _advance(self, frame: int) -> None:
        self.next_frame = frame
        self.due_ns = self.cohort.scheduled(frame)

    def _send(self, number: int, now: int) -> None:
        due = self.due_ns
        if self._waiting:
            self._admit(number)
        frame = self.cohort.render(number, now)
        if now - due > LATE_NS:
            self.late += 1
        gone: list[tuple[Reader, OSError]] = []
        for lanes, readers in self._streams.items():
            for at in range(0, len(readers), _BATCH):
                batch = readers[at : at + _BATCH]
                _stream(batch, frame, lanes, gone)
                self._lateness.add(time.time_ns() - due, len(batch))
        for reader in self._datagrams:
            reader.send_datagrams(frame)
        if self._datagrams:
            self._lateness.add(time.time_ns() - due, len(self._datagrams))
        self._advance(number + 1)
        for reader, error in gone:
            reader.lost(error, number)

    def _admit(self, number: int) -> None:
        for reader in [reader for reader, first in self._waiting.items() if first <= number]:
            del self._waiting[reader]
            readers = self._datagrams if reader.lanes is None else self._streams.setdefault(reader.lanes, [])
            readers.append(reader)
            reader.begin(number)

    def _playing(self) -> list[Reader]:
        return [*self._datagrams, *(reader for readers in self._streams.values() for reader in readers)]


def _stream(readers: list[Reader], frame: Rendered, lanes: Lanes, gone: list[tuple[Reader, OSError]]) -> None:
    """One system call a reader: nothing is computed per camera, its mark is put between head and tail.

    They are joined, since the kernel takes one piece in less time than three (docs/explanation/what-a-camera-costs.md).
    """
    head, tail, size = frame.stream(lanes, 0)
    join = b"".join
    for reader in readers:
        try:
            if reader.odd:
                reader.send_carefully(frame)
                continue
            sent = reader.send(join((head, reader.mark, tail)))
        except BlockingIOError:
            reader.note(frame.frame, "slow-reader")
        except OSError as error:
            gone.append((reader, error))
        else:
            if sent != size:
                reader.hold(frame.frame, join((head, reader.mark, tail))[sent:])


class Wheel:
    """Runs broadcasts when they are due; with phases a few milliseconds apart one timer serves them all."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._heap: list[tuple[int, int, Broadcast]] = []
        self._order = count()
        self._timer: TimerHandle | None = None
        self._timer_ns = 0

    def add(self, broadcast: Broadcast) -> None:
        """Run `broadcast` until nobody watches it any more."""
        if not broadcast.armed:
            broadcast.armed = True
            self._push(broadcast)
            self._arm()

    def pending_ns(self, now: int) -> int:
        """Every frame that was due before this instant has been handled; at most `now`."""
        return min(now, self._heap[0][2].due_ns) if self._heap else now

    def _push(self, broadcast: Broadcast) -> None:
        heapq.heappush(self._heap, (broadcast.due_ns, next(self._order), broadcast))

    def _run(self) -> None:
        self._timer = None
        until = time.time_ns() + LONGEST_NS
        try:
            while self._heap and self._heap[0][0] <= (now := time.time_ns()) < until:
                _, _, broadcast = heapq.heappop(self._heap)
                if not broadcast.watched:
                    broadcast.armed = False
                    continue
                try:
                    broadcast.run(now)
                finally:
                    self._push(broadcast)
        finally:
            self._arm()

    def _arm(self) -> None:
        if not self._heap:
            return
        due = self._heap[0][0]
        if self._timer is not None:
            if self._timer_ns <= due:
                return
            self._timer.cancel()
        self._timer_ns = due
        # libuv counts whole milliseconds: rounded up, so that no frame leaves before it is due.
        delay_ms = max(0, -((time.time_ns() - due) // 1_000_000))
        self._timer = self._loop.call_later(delay_ms / 1000, self._run)
