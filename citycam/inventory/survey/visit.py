"""What was found at one address: each fact with the probe that told it, and when. Never a password."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated, Any

from pydantic import Field

from citycam.inventory.survey.services import ServiceKind
from citycam.model.documents import Document


class Probe(StrEnum):
    """What was asked to learn a fact."""

    RTSP = "rtsp"
    """OPTIONS and DESCRIBE, by their answers and challenges."""
    SDP = "sdp"
    """The session description."""
    RTP = "rtp"
    """Packets of the stream that were received."""
    RTCP = "rtcp"
    """The stream's sender reports."""
    ONVIF = "onvif"
    DISCOVERY = "ws-discovery"
    TLS = "tls"
    BANNER = "banner"
    """What a server says of itself without being asked: realm, Server header."""


class Fact(Document):
    """A value, as `CameraRecord` has it in JSON, and the probe that told it."""

    value: Any
    probe: Probe


Facts = dict[str, Fact]
"""Facts by field of `CameraRecord`; what is unknown is not there."""


class Answered(Document):
    """A port at which something answered, or which at least stayed open. `says` is what it says of itself."""

    port: Annotated[int, Field(ge=1, le=65535)]
    kind: ServiceKind
    speaks: bool
    """Whether the service answered in its own protocol."""
    says: str = ""


class Certificate(Document):
    """The certificate a TLS service showed. `version` is TLS's."""

    port: int
    subject: str
    issuer: str
    self_signed: bool
    not_before: datetime
    not_after: datetime
    version: str
    fingerprint: str
    """SHA-256 of the certificate."""


class Stream(Document):
    """One stream of the device, its main one of a channel. `trouble` is why it was not measured."""

    port: Annotated[int, Field(ge=1, le=65535)]
    path: str
    channel: Annotated[int, Field(ge=1)] | None = None
    facts: Facts = Field(default_factory=dict)
    packets: int = 0
    lost: int = 0
    seconds: float = 0.0
    """How much of the stream was measured, in its own time."""
    trouble: str = ""


class Visit(Document):
    """One address. Times are UTC; `facts` are the whole device's, those of `streams` each stream's own."""

    address: IPv4Address
    began: datetime
    ended: datetime
    ports: tuple[Answered, ...] = ()
    facts: Facts = Field(default_factory=dict)
    streams: tuple[Stream, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    username: str = ""
    """The account that the device let in."""
    refused: tuple[str, ...] = ()
    """Users that the device refused, each asked for once."""
    notes: tuple[str, ...] = ()
    """What went wrong or looks odd, in words."""

    @property
    def present(self) -> bool:
        """Whether a device is there: something spoke, or at least a port stayed open."""
        return bool(self.ports)

    @property
    def recorder(self) -> bool:
        """Whether it serves more than one channel."""
        return len({stream.channel for stream in self.streams if stream.channel}) > 1

    def value(self, field: str) -> Any:
        """A fact of the whole device; None if it is unknown."""
        found = self.facts.get(field)
        return found.value if found is not None else None
