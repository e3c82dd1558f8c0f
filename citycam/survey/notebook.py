"""What a visit has learnt so far, and what a talk with a service tells of who is there."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv4Address

from citycam.inventory.network import Credentials
from citycam.inventory.record import CameraRecord
from citycam.inventory.survey.reading import cleaned
from citycam.inventory.survey.services import Service
from citycam.inventory.survey.visit import Answered, Certificate, Facts, Stream
from citycam.wire.http import HttpSyntaxError
from citycam.wire.rtsp import RtspSyntaxError
from citycam.wire.sdp import SdpSyntaxError
from citycam.wire.soap import SoapSyntaxError

logger = logging.getLogger(__name__)

BROKEN = (OSError, TimeoutError, RtspSyntaxError, HttpSyntaxError, SoapSyntaxError, SdpSyntaxError)
"""What goes wrong with a connection to a device. What a device refuses is apart."""


def why(error: Exception) -> str:
    """An error in words."""
    return "no answer" if isinstance(error, TimeoutError) else cleaned(str(error)) or type(error).__name__


@dataclass
class Notebook:
    """Of one address. `given`: accounts that are meant for it; `records`: cameras that an inventory has there."""

    address: IPv4Address
    given: Sequence[Credentials]
    records: Sequence[CameraRecord]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ports: list[Answered] = field(default_factory=list)
    facts: Facts = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    """What servers say of themselves."""
    scopes: tuple[str, ...] = ()
    streams: list[Stream] = field(default_factory=list)
    groups: dict[int, int] = field(default_factory=dict)
    """Channel → frames from one key frame to the next, as ONVIF tells."""
    certificates: list[Certificate] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    alive: bool = False
    """Whether anything, if only a refusal, came from there."""

    def note(self, text: str) -> None:
        """Keep a remark, once."""
        if text and text not in self.notes:
            self.notes.append(text)

    def answered(self, service: Service, *, speaks: bool, says: str = "") -> None:
        """Keep a port at which somebody is."""
        self.alive = True
        self.ports.append(Answered(port=service.port, kind=service.kind, speaks=speaks, says=cleaned(says)))

    async def knock(self, service: Service, talk: Awaitable[None]) -> None:
        """A talk with a service. However it ends it tells whether anybody is there: silence alone says no."""
        try:
            await talk
        except TimeoutError:
            return
        except BROKEN as error:
            self.alive = True
            if not isinstance(error, OSError) and service.port not in {one.port for one in self.ports}:
                self.answered(service, speaks=False)  # it said something else
            logger.debug("%s:%d %s: %s", self.address, service.port, service.kind, error)
