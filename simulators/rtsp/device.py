"""A camera as its own RTSP server knows it. Plain dataclasses: thousands of them live in the process that sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

AuthKind = Literal["none", "basic", "digest"]


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
    session_id: str = "decimal"
    transports: tuple[str, ...] = ("tcp", "udp")
    keep_alive: tuple[str, ...] = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "PLAY", "RTCP")
    unanswered: tuple[str, ...] = ()
    slow_answer: float = 0.0
    tcp_times_out: bool = False
    quirks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """One camera, or one channel of a recorder: identity, where it is reached, whom it lets in, what it plays."""

    id: str
    number: int
    serial: str
    """Of the device; the channels of a recorder share it, and its password."""
    address: str
    path: str
    auth: AuthKind
    username: str
    bitrate: int
    clip: str
    slot: int
    """Which part of the frame period it sends in: phases are spread so that cameras do not send all at once."""
    dialect: Dialect


def devices(answer: dict[str, Any]) -> list[Device]:
    """Build devices from what `simulators.fleet.admission` wrote; those of a model share its dialect."""
    dialects = {model: dialect(record) for model, record in answer["dialects"].items()}
    return [Device(**dict(record, dialect=dialects[record["dialect"]])) for record in answer["devices"]]


def dialect(record: dict[str, Any]) -> Dialect:
    """Build a dialect from a profile's `rtsp`, read as JSON."""
    values: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in record.items()}
    return Dialect(**values)
