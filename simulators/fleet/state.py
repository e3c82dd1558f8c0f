"""A camera in the fleet: who watches it, what was counted, what is wrong with it; and the address it is reached at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulators.faults.fault import Fault
from simulators.rtsp.device import Device

if TYPE_CHECKING:
    from simulators.fleet.reader import Reader


@dataclass(slots=True)
class Totals:
    """Frames of all cameras since the fleet started, removed cameras included."""

    sent: int = 0
    dropped: int = 0
    late: int = 0


class Host:
    """What answers at one address: a camera, or a recorder with a camera for each of its channels."""

    __slots__ = ("address", "auth", "cameras", "connections", "dialect", "serial", "username")

    def __init__(self, device: Device) -> None:
        self.address = device.address
        self.serial = device.serial
        self.auth = device.auth
        self.username = device.username
        self.dialect = device.dialect
        self.cameras: dict[str, CameraState] = {}
        """By path and query, as the URL ends."""
        self.connections: list[Reader] = []

    @property
    def fault(self) -> Fault | None:
        """What is wrong here for somebody who has not said yet which camera is meant."""
        return next((camera.fault for camera in self.cameras.values() if camera.fault is not None), None)

    def admits(self) -> bool:
        """Whether one more session may start."""
        return sum(len(camera.watching) for camera in self.cameras.values()) < self.dialect.max_sessions


class CameraState:
    """One camera. Counts are of frames in sessions: two readers count twice."""

    __slots__ = ("device", "dropped", "fault", "host", "late", "sent", "totals", "watching")

    def __init__(self, device: Device, host: Host, totals: Totals) -> None:
        self.device = device
        self.host = host
        self.totals = totals
        self.watching: list[Reader] = []
        self.fault: Fault | None = None
        self.sent = 0
        self.dropped = 0
        self.late = 0

    @property
    def id(self) -> str:
        """Camera id."""
        return self.device.id

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
