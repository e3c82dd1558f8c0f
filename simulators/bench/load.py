"""What a run asks of a server: how many cameras, which pictures; and where a reader finds each of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

from simulators.bench.reel import Reel
from simulators.bench.target import Target


@dataclass(frozen=True, slots=True)
class Load:
    """So many cameras that play a reel, served by processes on `core`; `folder` is empty, and gone afterwards."""

    cameras: int
    reel: Reel
    folder: Path
    core: int

    @property
    def frames_per_second(self) -> int:
        """Of all cameras."""
        return self.cameras * self.reel.stream.fps


class Account(NamedTuple):
    """What a server says of itself, None where it does not know.

    Frames that it did not send since it started; p99 of how late frames left since it was asked last, in ms.
    """

    unsent: int | None = None
    lateness_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers: its processes, what there is to read, and its own account."""

    pids: tuple[int, ...]
    targets: tuple[Target, ...]
    account: Callable[[], Account] = field(default=Account)


class Peer(Protocol):
    """A way to serve a load."""

    @property
    def name(self) -> str:
        """As the table names it."""
        ...

    @property
    def numbered(self) -> bool:
        """Whether sequence numbers go on without a gap, so that they tell what was lost."""
        ...

    def serve(self, load: Load) -> AbstractContextManager[Serving]:
        """Serve until the block ends.

        Raises:
            EnvironmentFailure: what it needs is not there, or it ended.
            DeadlineExceeded: it does not answer.
        """
        ...


def addresses(count: int) -> list[str]:
    """As many addresses of 127.0.0.0/8, one a camera: connections are spread alike, whoever serves them."""
    return [f"127.18.{number >> 8}.{number & 0xFF}" for number in range(1, count + 1)]


def cam_targets(cameras: int, port: int) -> tuple[Target, ...]:
    """Camera N at its own address as `/cam-N`."""
    return tuple(Target(address, port, f"/cam-{number}") for number, address in enumerate(addresses(cameras), 1))
