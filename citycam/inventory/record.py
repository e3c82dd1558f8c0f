"""A real camera as the reviewed inventory knows it: every fact with where it came from, and what is unknown said so.

`CameraRecord` is what review, policy and plan read. `citycam.model.camera.Camera` is the smaller word of fleet and
gateways; `citycam.inventory.derive` makes it out of a record that knows enough.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import Field, StringConstraints

from citycam.model.camera import Auth, CameraId
from citycam.model.documents import Document

MAC = r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$"
DIGEST = r"^sha256:[0-9a-f]{64}$"


class Tier(StrEnum):
    """What an agency is to the city: document 4932 treats departments and wards alike, specialised systems apart."""

    DEPARTMENT = "department"
    WARD = "ward"
    POLICE = "police"
    SPECIALISED = "specialised"


class Kind(StrEnum):
    """How a camera looks at its scene."""

    FIXED = "fixed"
    PTZ = "ptz"
    DOME = "dome"
    FISHEYE = "fisheye"
    PANORAMIC = "panoramic"
    THERMAL = "thermal"
    LPR = "lpr"


class Codec(StrEnum):
    """How the main stream is compressed."""

    H264 = "h264"
    H265 = "h265"
    MJPEG = "mjpeg"
    MPEG4 = "mpeg4"


class Protection(StrEnum):
    """What keeps a stream secret on its way: encryption, or a network of its own as a compensating measure."""

    RTSPS = "rtsps"
    SRTP = "srtp"
    HTTPS = "https"
    VPN = "vpn"
    ISOLATED_VLAN = "isolated-vlan"
    NONE = "none"


class OnvifProfile(StrEnum):
    """ONVIF profiles a device claims: S streaming, T advanced streaming, G recording, M metadata, …"""

    S = "S"
    T = "T"
    G = "G"
    M = "M"
    Q = "Q"
    A = "A"
    C = "C"
    D = "D"


class UplinkKind(StrEnum):
    """What the site hangs on."""

    FIBRE = "fibre"
    COPPER = "copper"
    MOBILE = "mobile"
    RADIO = "radio"
    SATELLITE = "satellite"
    NONE = "none"


class Purpose(StrEnum):
    """The classes of Decision 319/QĐ-UBND (17 January 2025)."""

    SECURITY = "security"
    DEFENCE = "defence"
    STATE_MANAGEMENT = "state-management"


class State(StrEnum):
    """Whether the camera works today."""

    WORKING = "working"
    FAULTY = "faulty"
    OFF = "off"
    PLANNED = "planned"
    REMOVED = "removed"


class Uplink(Document):
    """The line of a site. `bandwidth` is towards the city, in bits per second."""

    kind: UplinkKind | None = None
    bandwidth: Annotated[int, Field(gt=0)] | None = None


class Conformity(Document):
    """A declaration or certificate of conformity (QCVN 11:2026/BCA, QCVN 135:2024/BTTTT, …) as the agency gave it."""

    standard: str
    certificate: str | None = None
    issued: date | None = None


class Recorder(Document):
    """The NVR or DVR a camera hangs on. `channel` counts from 1."""

    serial: str
    channel: Annotated[int, Field(ge=1, le=1024)] | None = None


class Source(Document):
    """One row of one submitted file. `row` counts from 1 as a spreadsheet shows it; `received` is UTC.

    `part` numbers the cameras written in the same row, from 1. `version` counts what the submitter sent again.
    """

    digest: Annotated[str, StringConstraints(pattern=DIGEST)]
    file: str
    sheet: str
    row: Annotated[int, Field(ge=1)]
    part: Annotated[int, Field(ge=1)] = 1
    submitter: str
    version: Annotated[int, Field(ge=1)] = 1
    received: datetime


class Contradiction(Document):
    """Another value that another source gives for `field`; kept as JSON text beside the one that stands."""

    field: str
    value: str
    source: Annotated[int, Field(ge=0)]


class CameraRecord(Document):
    """One camera and what is known of it; None is unknown, and never stands for a usual value.

    Angles are in degrees: `azimuth_deg` clockwise from north, `field_of_view_deg` horizontal. Lengths are in metres:
    `position_error_m` is the radius in which the true position lies, no better than the digits that were written;
    `range_m` how far the camera can tell a person; `height_m` above ground. Positions are WGS 84. `bitrate` is in bits
    per second, `clock_error_s` is camera time minus true time in seconds, `retention_days` what is recorded today.
    `secret` is the reference of its credentials in the secret store: user names and passwords are never here.
    """

    id: CameraId
    agency: str
    agency_tier: Tier | None = None
    ward_code: Annotated[int, Field(gt=0)] | None = None
    ward: str | None = None
    site: str | None = None
    address_text: str | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    position_error_m: Annotated[float, Field(ge=0)] | None = None

    kind: Kind | None = None
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    field_of_view_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    range_m: Annotated[float, Field(gt=0)] | None = None
    height_m: Annotated[float, Field(ge=0)] | None = None

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    mac: Annotated[str, StringConstraints(pattern=MAC)] | None = None
    onvif_endpoint: str | None = None
    firmware: str | None = None
    onvif_profiles: tuple[OnvifProfile, ...] | None = None
    conformity: Conformity | None = None
    purchased: date | None = None

    address: IPv4Address | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    path: str | None = None
    recorder: Recorder | None = None
    auth: tuple[Auth, ...] | None = None
    protection: tuple[Protection, ...] | None = None
    secret: str | None = None
    uplink: Uplink | None = None

    codec: Codec | None = None
    width: Annotated[int, Field(gt=0)] | None = None
    height: Annotated[int, Field(gt=0)] | None = None
    fps: Annotated[float, Field(gt=0)] | None = None
    bitrate: Annotated[int, Field(gt=0)] | None = None
    audio: bool | None = None
    clock_error_s: float | None = None
    retention_days: Annotated[float, Field(ge=0)] | None = None

    purpose: Purpose | None = None
    state: State | None = None
    remarks: str | None = None

    sources: tuple[Source, ...] = ()
    provenance: dict[str, int] = Field(default_factory=dict)
    """Field → index in `sources`; a field that is not named here comes from the first source."""
    contradictions: tuple[Contradiction, ...] = ()

    def source_of(self, field: str) -> Source | None:
        """Where a fact came from; None for one that is unknown or a record that was not imported."""
        if getattr(self, field) is None or not self.sources:
            return None
        return self.sources[self.provenance.get(field, 0)]
