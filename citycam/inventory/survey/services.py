"""Which ports a survey looks at, as data."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from citycam.model.documents import Document, load

DEFAULT = Path(__file__).parent / "services.yaml"


class ServiceKind(StrEnum):
    """What is spoken at a port. `open` is only looked at whether it is; `discovery` is WS-Discovery by UDP."""

    RTSP = "rtsp"
    RTSPS = "rtsps"
    HTTP = "http"
    HTTPS = "https"
    TELNET = "telnet"
    OPEN = "open"
    DISCOVERY = "discovery"


class Service(Document):
    """One port."""

    port: Annotated[int, Field(ge=1, le=65535)]
    kind: ServiceKind


class Services(Document):
    """The file."""

    schema_version: Literal[1]
    services: Annotated[tuple[Service, ...], Field(min_length=1, max_length=32)]

    def of(self, *kinds: ServiceKind) -> tuple[Service, ...]:
        """Those of some kinds, in their order."""
        return tuple(one for one in self.services if one.kind in kinds)

    def beside(self, ports: Iterable[int]) -> Services:
        """With the RTSP ports that an inventory declares for an address, those first."""
        known = {one.port for one in self.services}
        extra = tuple(Service(port=port, kind=ServiceKind.RTSP) for port in dict.fromkeys(ports) if port not in known)
        return self.model_copy(update={"services": extra + self.services}) if extra else self


def load_services(path: Path = DEFAULT) -> Services:
    """Read the list.

    Raises:
        ConfigError: unreadable, with file and line.
    """
    return load(path, Services)
