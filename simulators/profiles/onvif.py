"""The `onvif:` section of a profile: what the model says of itself over ONVIF, and which services it has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from citycam.model.documents import Document
from citycam.model.units import Seconds

Line = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,64}$")]


def _template(text: str) -> str:
    try:
        text.format(channel=1)
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f"only {{channel}} can be filled in: {error}") from error
    if text.startswith("/onvif/"):
        raise ValueError("/onvif/ is where the services are")
    return text


class Onvif(Document):
    """One model's ONVIF. A model without it says `onvif: null`."""

    manufacturer: Line
    product: Line
    """The model's name on its plate."""
    firmware: Line
    hardware: Line
    profiles: Annotated[tuple[Literal["S", "T", "G"], ...], Field(min_length=1)] = ("S",)
    """ONVIF profiles: S has the media service, T media2, G recordings and their search."""
    server: Literal[""] | Line = "gSOAP/2.8"
    """Server header; empty for none."""
    snapshot: Annotated[str, StringConstraints(pattern=r"^/[!-~]*$"), AfterValidator(_template)] = (
        "/snapshot/{channel}.jpg"
    )
    """Path and query of a channel's snapshot, `{channel}` its number from 1."""
    ptz: bool = False
    events: bool = True
    """Whether pull points tell of motion."""
    discovery: bool = True
    """Whether WS-Discovery is answered."""
    days: Annotated[int, Field(ge=1, le=365)] = 30
    """How many days a recorder's disks hold."""
    token_window: Annotated[Seconds, Field(ge=1, le=86_400)] = 300.0
    """How old or new a WS-UsernameToken may be, by the camera's own clock."""
    boot: Annotated[Seconds, Field(ge=1, le=600)] = 30.0
    """How long SystemReboot takes."""
