"""A camera as its own RTSP server knows it. Plain dataclasses: thousands of them live in the process that sends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from sys import intern
from typing import Any, Literal

from simulators.onvif.equipment import Equipment, equipment
from simulators.rtsp.feed import Clock, Feed

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

    @property
    def tracks(self) -> tuple[str, str]:
        """Names of the tracks of video and audio: `trackID=1` and `trackID=2`, `video` and `video-audio`."""
        digits = re.search(r"[0-9]+$", self.track)
        second = f"{self.track[: digits.start()]}{int(digits[0]) + 1}" if digits else f"{self.track}-audio"
        return self.track, second


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that can be asked for: by which path, at how many bits a second, and what it is."""

    path: str
    bitrate: int
    feed: Feed


@dataclass(frozen=True, slots=True)
class Device:
    """One camera, or one channel of a recorder: identity, where it is reached, whom it lets in, what it plays."""

    id: str
    number: int
    serial: str
    """Of the device; the channels of a recorder share it, and its password."""
    address: str
    auth: AuthKind
    username: str
    main: Stream
    sub: Stream | None
    clock: Clock
    dialect: Dialect
    mac: str = ""
    channel: int = 1
    """Of a recorder, from 1."""
    equipment: Equipment | None = None
    """What it says of itself over ONVIF; None if it knows no ONVIF."""

    def clock_ns(self, true_ns: int) -> int:
        """What the camera takes the time to be; ns since 1970, UTC."""
        return self.clock.read(true_ns)


def devices(answer: dict[str, Any]) -> list[Device]:
    """Build devices from what `simulators.fleet.admission` wrote; those of a model share its dialect and its clock."""
    models = {
        model: (dialect(record["dialect"]), Clock(record["error_ns"], record["drift_ppb"]), _plate(record["onvif"]))
        for model, record in answer["models"].items()
    }
    return [_device(record, *models[record["model"]]) for record in answer["devices"]]


def _plate(record: dict[str, Any] | None) -> Equipment | None:
    return None if record is None else equipment(record)


def _device(record: dict[str, Any], dialect: Dialect, clock: Clock, plate: Equipment | None) -> Device:
    names = ("id", "number", "serial", "address", "auth", "username", "mac", "channel")
    own = {name: record[name] for name in names}
    own |= {name: intern(record[name]) for name in ("auth", "username")}  # thousands have the same
    main, sub = (_stream(record[name], clock) for name in ("main", "sub"))
    assert main is not None
    return Device(**own, main=main, sub=sub, clock=clock, dialect=dialect, equipment=plate)


def _stream(record: dict[str, Any] | None, clock: Clock) -> Stream | None:
    if record is None:
        return None
    return Stream(intern(record["path"]), record["bitrate"], _feed(record["clip"], record["slot"], clock))


@cache  # equal feeds are one object
def _feed(clip: str, slot: int, clock: Clock) -> Feed:
    return Feed(clip, slot, pace_ppb=clock.drift_ppb, clock=clock)


def dialect(record: dict[str, Any]) -> Dialect:
    """Build a dialect from a profile's `rtsp`, read as JSON."""
    values: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in record.items()}
    return Dialect(**values)
