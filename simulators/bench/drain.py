"""The reader of every server that is measured: it plays many streams and throws away what comes.

`python -m simulators.bench.drain` reads `{"targets": [Target…], "core": N}` from stdin and plays them all, while a C
loop (`native/drain.c`) already reads and counts what those that play send. It answers every line on stdin with what was
seen so far, as JSON, and ends with stdin. Linux only (epoll).
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any, NamedTuple

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from simulators.bench.native import compiled
from simulators.bench.player import play
from simulators.bench.target import Target

PAUSE_NS = 10_000_000
"""Between two looks: a reader that wakes for every packet interrupts the sender, and would be measured as its cost."""
_HEAD = 8


class Seen(NamedTuple):
    """All streams together, since they began to play.

    `playing` of them have sent a frame, `closed` were closed by the server, `strange` sent what is no RTP; `frames` and
    `lost` packets are by RTP's marker bits and sequence numbers. `largest` is what waited longest: the most bytes of
    one stream that were there at once since the last look. `cpu_s` is the reader's own, `at_s` when this was.
    """

    at_s: float
    cpu_s: float
    playing: int
    frames: int
    bytes: int
    lost: int
    closed: int
    strange: int
    largest: int


class _Source(ctypes.Structure):
    """`struct source` of drain.c."""

    _fields_ = (
        ("frames", ctypes.c_uint64),
        ("bytes", ctypes.c_uint64),
        ("lost", ctypes.c_uint64),
        ("largest", ctypes.c_uint64),
        ("descriptor", ctypes.c_int32),
        ("closed", ctypes.c_int32),
        ("expected", ctypes.c_int32),
        ("seen", ctypes.c_uint32),
        ("head", ctypes.c_uint8 * _HEAD),
    )


class _Totals(ctypes.Structure):
    """`struct totals` of drain.c."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("frames", "bytes", "lost", "reads", "looks", "closed", "strange")),
        ("stop", ctypes.c_int32),
    )


class Drain:
    """The reader's process, once all its streams have answered PLAY. `start_s` is how long that took, in seconds."""

    def __init__(self, process: subprocess.Popen[str], start_s: float) -> None:
        self._process = process
        self.start_s = start_s

    def look(self) -> Seen:
        """What was seen up to now.

        Raises:
            EnvironmentFailure: the reader has ended.
        """
        return Seen(**json.loads(_exchange(self._process, "look")))

    def frames(self) -> list[int]:
        """Frames of every stream up to now, in the order of the targets.

        Raises:
            EnvironmentFailure: the reader has ended.
        """
        counts: list[int] = json.loads(_exchange(self._process, "frames"))
        return counts

    def await_playing(self, count: int, patience_s: float = 30.0) -> Seen:
        """Wait until so many streams have sent a frame.

        Raises:
            DeadlineExceeded: they have not in time.
        """
        return self._await("playing", count, patience_s)

    def await_closed(self, count: int, patience_s: float = 60.0) -> Seen:
        """Wait until so many streams were closed, all that they sent read.

        Raises:
            DeadlineExceeded: they were not in time.
        """
        return self._await("closed", count, patience_s)

    def _await(self, what: str, count: int, patience_s: float) -> Seen:
        deadline = time.monotonic() + patience_s
        while getattr(seen := self.look(), what) < count:
            if time.monotonic() > deadline:
                why = f"{getattr(seen, what)} of {count}, {seen.strange} of them no RTP"
                raise DeadlineExceeded(f"not every stream is {what}", why=why)
            time.sleep(0.05)
        return seen


@contextmanager
def draining(targets: Sequence[Target], core: int) -> Iterator[Drain]:
    """A reader of all targets, on one core, until the block ends.

    Raises:
        EnvironmentFailure: a server refused, or there is no compiler.
    """
    compiled("drain", library=True)  # what is wrong with it is said here, not in another process
    started = time.monotonic()
    command = [sys.executable, "-m", "simulators.bench.drain"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            playing = _exchange(process, json.dumps({"targets": targets, "core": core}))
            if not playing.startswith("playing"):
                raise EnvironmentFailure("the discarding reader failed", why="see its message above")
            yield Drain(process, time.monotonic() - started)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(30)


def _exchange(process: subprocess.Popen[str], line: str) -> str:
    if process.stdin is None or process.stdout is None:
        raise EnvironmentFailure("the reader has no pipes")
    try:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
    except BrokenPipeError as error:
        raise EnvironmentFailure("the discarding reader has ended", why="see its message above") from error
    return process.stdout.readline()


class _Sources:
    """The streams that are read: what the C loop counts of them."""

    def __init__(self, most: int) -> None:
        self._poll = select.epoll()
        self._sources = (_Source * most)()
        self._totals = _Totals()
        self._library = ctypes.CDLL(str(compiled("drain", library=True)))
        self._added = 0
        self._thread = Thread(target=self._drain)
        self._thread.start()

    def _drain(self) -> None:
        pause = ctypes.c_long(PAUSE_NS)
        self._library.drain(self._poll.fileno(), pause, ctypes.byref(self._totals))

    def add(self, descriptor: int) -> None:
        """Read this socket from now on."""
        source = ctypes.byref(self._sources, self._added * ctypes.sizeof(_Source))
        failed: int = self._library.watch(self._poll.fileno(), descriptor, source)
        if failed:
            raise OSError(-failed, os.strerror(-failed))
        self._added += 1

    def look(self) -> Seen:
        """What was seen up to now."""
        totals, largest, playing = self._totals, 0, 0
        for source in self._sources:
            playing += source.frames > 0
            largest = max(largest, source.largest)
            source.largest = 0
        return Seen(
            at_s=time.monotonic(),
            cpu_s=time.process_time(),
            playing=playing,
            largest=largest,
            **{name: getattr(totals, name) for name in ("frames", "bytes", "lost", "closed", "strange")},
        )

    def frames(self) -> list[int]:
        """Frames of every stream."""
        return [source.frames for source in self._sources]

    def close(self) -> None:
        """Stop reading."""
        self._totals.stop = 1
        self._thread.join()


def main() -> int:
    """Play, drain, answer, and stop when stdin ends."""
    request: dict[str, Any] = json.loads(sys.stdin.readline())
    os.sched_setaffinity(0, {request["core"]})
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    targets = [Target(*target) for target in request["targets"]]
    sources = _Sources(len(targets))
    sockets = []
    try:
        for target in targets:
            sockets.append(play(target))
            sources.add(sockets[-1].fileno())
        _say(f"playing {len(sockets)}")
        for line in sys.stdin:
            answer = sources.look()._asdict() if line.strip() == "look" else sources.frames()
            _say(json.dumps(answer))
    except OSError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 1
    finally:
        sources.close()
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
