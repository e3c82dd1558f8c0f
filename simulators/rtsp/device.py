"""A camera as its own RTSP server knows it. Plain dataclasses: thousands of them live in the process that sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a camera model speaks RTSP. Times in seconds; see `simulators.profiles.profile.Rtsp`."""

    server: str
    public: tuple[str, ...]
    realm: str
    digest: Literal["MD5", "SHA-256"]
    track: str
    session_timeout: float
    stall_timeout: float
    max_sessions: int
    max_connections: int


@dataclass(frozen=True, slots=True)
class Device:
    """One camera: identity, where it is reached, whom it lets in, what it plays."""

    id: str
    number: int
    address: str
    path: str
    auth: Literal["basic", "digest"]
    username: str
    bitrate: int
    clip: str
    slot: int
    """Which part of the frame period it sends in: phases are spread so that cameras do not send all at once."""
    dialect: Dialect


def device(record: dict[str, Any]) -> Device:
    """Build a device from what `simulators.fleet.admission` wrote."""
    dialect = dict(record["dialect"], public=tuple(record["dialect"]["public"]))
    return Device(**dict(record, dialect=Dialect(**dialect)))
