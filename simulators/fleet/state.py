"""A camera in the fleet: who watches it, what was counted, what is wrong with it; and the address it is reached at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.faults.fault import Fault
from simulators.rtsp.device import Device, Stream
from simulators.rtsp.feed import Clock

if TYPE_CHECKING:
    from simulators.fleet.reader import Reader
    from simulators.onvif.estate import User
    from simulators.onvif.state import State


@dataclass(slots=True)
class Totals:
    """Frames of all cameras since the fleet started, removed cameras included."""

    sent: int = 0
    dropped: int = 0
    late: int = 0


class Host:
    """What answers at one address: a camera, or a recorder with a camera for each of its channels."""

    __slots__ = (
        "address",
        "auth",
        "connections",
        "dialect",
        "equipment",
        "onvif",
        "serial",
        "shift_ns",
        "streams",
        "username",
        "users",
    )

    def __init__(self, device: Device) -> None:
        self.address = device.address
        self.serial = device.serial
        self.auth = device.auth
        self.username = device.username
        self.dialect = device.dialect
        self.equipment = device.equipment
        self.users: Sequence[User] | None = None
        """Those that were set over ONVIF, in place of the inventory's one."""
        self.shift_ns = 0
        """By how much the clock was set over ONVIF."""
        self.onvif: State | None = None
        """What ONVIF clients did, once there was one."""
        self.streams: dict[str, CameraState] = {}
        """Main streams of all channels, and sub streams that somebody asked for; by path and query, as the URL ends."""
        self.connections: list[Reader] = []

    @property
    def fault(self) -> Fault | None:
        """What is wrong here for somebody who has not said yet which camera is meant."""
        return next((camera.fault for camera in self.streams.values() if camera.fault is not None), None)

    def admits(self) -> bool:
        """Whether one more session may start."""
        return sum(len(camera.watching) for camera in self.streams.values()) < self.dialect.max_sessions

    def find(self, path: str) -> CameraState | None:
        """The stream of that path. Sub streams come to life when they are asked for: few ever are."""
        found = self.streams.get(path)
        if found is not None:
            return found
        for camera in self.streams.values():
            sub = camera.device.sub
            if sub is not None and camera.sub is None and sub.path.rstrip("/") == path:
                camera.sub = CameraState(camera.device, self, camera.totals, f"{camera.id}/sub", sub)
                camera.sub.fault = camera.fault
                self.streams[path] = camera.sub
                return camera.sub
        return None

    def drop(self, camera: CameraState) -> None:
        """A camera is gone, and its sub stream with it."""
        for state in camera.all():
            del self.streams[state.stream.path.rstrip("/")]


class CameraState:
    """One stream of a camera. Counts are of frames in sessions: two readers count twice."""

    __slots__ = ("device", "dropped", "fault", "host", "id", "late", "sent", "stream", "sub", "totals", "watching")

    def __init__(
        self, device: Device, host: Host, totals: Totals, name: str = "", stream: Stream | None = None
    ) -> None:
        self.device = device
        self.host = host
        self.totals = totals
        self.id = name or device.id
        """Camera id; `cam-000001/sub` for a sub stream."""
        self.stream = stream or device.main
        self.sub: CameraState | None = None
        """Of a main stream, once somebody asked for it."""
        self.watching: list[Reader] = []
        self.fault: Fault | None = None
        self.sent = 0
        self.dropped = 0
        self.late = 0

    def all(self) -> list[CameraState]:
        """The main stream, and the sub stream if there is one."""
        return [self] if self.sub is None else [self, self.sub]

    @property
    def clock(self) -> Clock:
        """The camera's own clock, as a fault may have set it."""
        clock = self.device.clock
        return clock if self.fault is None else self.fault.alters(self.stream.feed._replace(clock=clock)).clock

    @property
    def sub_stream(self) -> bool:
        """Whether this is not the main stream."""
        return self.stream is not self.device.main

    @property
    def sender(self) -> Reader | None:
        """The reader on whose behalf multicast packets are sent; all others hear the same ones."""
        return next((reader for reader in self.watching if reader.multicast and reader.playing), None)

    @property
    def playing(self) -> bool:
        """Whether any reader gets its stream."""
        return any(reader.playing for reader in self.watching)

    def count_sent(self, frames: int) -> None:
        """Frames were sent, or are claimed to be."""
        self.sent += frames
        self.totals.sent += frames

    def count_dropped(self, frames: int) -> None:
        """Frames were due and not sent."""
        self.dropped += frames
        self.totals.dropped += frames

    def count_late(self, frames: int) -> None:
        """Frames left late."""
        self.late += frames
        self.totals.late += frames
