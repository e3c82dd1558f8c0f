"""What every fault is: it overrides what it changes, and leaves the rest as a sound camera does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

from citycam.wire.rtsp import Response
from simulators.rtsp.feed import Feed


class Moment(NamedTuple):
    """A frame that is due in a session."""

    camera: str
    frame: int
    first: int
    """The session's first frame."""
    fps: float
    size: int
    """Bytes of the frame on the wire."""
    is_key: Callable[[int], bool]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something wrong with some cameras, from the moment it is applied until it is cleared or its time is over."""

    kind: ClassVar[str]
    honest: ClassVar[bool] = True
    """Whether the ledger tells of it. A fault that is not honest tests whether the audit finds it alone."""

    cameras: frozenset[str]
    """Ids of the cameras that have it."""
    seconds: float = 0.0
    """How long it lasts; 0 until it is cleared."""
    seed: int = 0
    """Decides all that looks like chance, with the camera and the frame: the same again gives the same."""

    def __post_init__(self) -> None:
        if not isinstance(self.seconds, int | float) or not 0 <= self.seconds <= 86_400:
            raise ValueError(f"seconds must be a number from 0 to 86400, not {self.seconds!r}")

    def omits(self, moment: Moment) -> bool:
        """Whether this frame is not sent."""
        return False

    def mangles(self, packets: list[bytes], moment: Moment) -> list[bytes]:
        """The packets of a frame that really leave by UDP, in their order."""
        return packets

    def refuses(self) -> bool:
        """Whether connections are reset as soon as they are made."""
        return False

    def resets(self) -> bool:
        """Whether the connections that exist when it starts are reset."""
        return False

    def mutes(self) -> bool:
        """Whether the connections that exist when it starts stay open and nothing comes any more."""
        return False

    def answers(self, method: str, answer: Response) -> bytes:
        """What is sent in answer to a request."""
        return answer.encode()

    def password(self, password: str) -> str:
        """The password that counts."""
        return password

    def admits(self) -> bool:
        """Whether one more session may start."""
        return True

    def alters(self, feed: Feed) -> Feed:
        """What the camera sends instead."""
        return feed

    def as_dict(self) -> dict[str, Any]:
        """The fault as the control API and the ledger write it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"kind": self.kind, **values, "cameras": sorted(self.cameras)}


def chance(seed: int, *what: object) -> float:
    """A number from 0 to 1 that depends on the seed and on what it is asked for, and on nothing else."""
    digest = hashlib.blake2b(repr((seed, *what)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def number(name: str, value: float, most: float) -> None:
    """Refuse what is no number, is nothing, or is too large in either direction.

    Raises:
        ValueError: says what was found.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < abs(value) <= most:
        raise ValueError(f"{name} must be a number other than 0, and at most {most:g} either way, not {value!r}")


def share(name: str, value: float) -> None:
    """Refuse what is no share.

    Raises:
        ValueError: `value` is not above 0 and at most 1.
    """
    if not isinstance(value, int | float) or not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, not {value!r}")
