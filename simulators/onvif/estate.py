"""What ONVIF needs to know of a fleet: which device answers at an address, what it shows, and whom it lets in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from simulators.onvif.equipment import Equipment
from simulators.onvif.state import State

AuthKind = Literal["none", "basic", "digest"]
Level = Literal["Administrator", "Operator", "User"]
LEVELS: tuple[Level, ...] = ("Administrator", "Operator", "User")


@dataclass(frozen=True, slots=True)
class Video:
    """A stream on offer: RTSP path, codec by its name in `citycam.model.camera`, pixels, bits a second, frames."""

    path: str
    codec: str
    width: int
    height: int
    fps: int
    bitrate: int
    gop: int
    profile: str = "Main"


@dataclass(frozen=True, slots=True)
class Sound:
    """Audio beside the pictures: `pcmu`, `pcma` or `aac`, samples a second."""

    codec: str
    rate: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A camera, or an input of a recorder, by its number from 1."""

    number: int
    camera: str
    main: Video
    sub: Video | None = None
    sound: Sound | None = None


@dataclass(frozen=True, slots=True)
class User:
    """An account on a device."""

    name: str
    password: str
    level: Level = "Administrator"


class Host(Protocol):
    """The device at one address: a camera or a recorder."""

    @property
    def address(self) -> str:
        """IPv4 address."""
        ...

    @property
    def serial(self) -> str:
        """Serial number."""
        ...

    @property
    def mac(self) -> str:
        """Hardware address, `aa:bb:cc:dd:ee:ff`."""
        ...

    @property
    def auth(self) -> AuthKind:
        """How it asks for credentials."""
        ...

    @property
    def realm(self) -> str:
        """Realm of its challenges."""
        ...

    @property
    def equipment(self) -> Equipment:
        """Its model."""
        ...

    @property
    def state(self) -> State:
        """What ONVIF clients have done to it."""
        ...

    @property
    def silent(self) -> bool:
        """Whether it takes connections and answers nothing."""
        ...

    def channels(self) -> Sequence[Channel]:
        """Its channels, in order."""
        ...

    def clock_ns(self) -> int:
        """What its clock shows; ns since 1970, UTC."""
        ...

    def set_clock(self, ns: int) -> None:
        """Set its clock."""
        ...

    def users(self) -> Sequence[User]:
        """Whom it lets in."""
        ...

    def set_users(self, users: Sequence[User]) -> None:
        """Let in these, by RTSP too."""
        ...

    def reboot(self) -> None:
        """Start again, soon: after what is being answered."""
        ...

    def snapshot(self, channel: int) -> bytes | None:
        """A JPEG of what the channel shows now; None if there is none."""
        ...

    def secret(self, purpose: str) -> str:
        """Text that only this device knows; derived, so that whoever holds the key can say whose it is."""
        ...


class Estate(Protocol):
    """All devices of a process."""

    @property
    def rtsp_port(self) -> int:
        """Where they all serve RTSP."""
        ...

    @property
    def http_port(self) -> int:
        """Where they all serve ONVIF and snapshots."""
        ...

    @property
    def seed(self) -> int:
        """Decides what looks like chance: motion, missing recordings."""
        ...

    def now_ns(self) -> int:
        """The true time; ns since 1970, UTC."""
        ...

    def host(self, address: str) -> Host | None:
        """The device at an address, if one answers there now and knows ONVIF."""
        ...

    def hosts(self) -> Iterable[Host]:
        """All of them that answer now."""
        ...
