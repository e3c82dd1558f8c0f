"""A camera as the inventory knows it: who it is, where it stands, how it is reached, what it streams."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from citycam.model.codec import Codec
from citycam.model.documents import Document

CAMERA_ID = r"cam-[0-9]{6}"

CameraId = Annotated[str, StringConstraints(pattern=f"^{CAMERA_ID}$")]
"""`cam-000123`: also its path on a gateway and, as the number 123, its name in every watermark."""


class Auth(StrEnum):
    """How a camera asks for credentials (RFC 7617 Basic, RFC 7616 Digest), if it does."""

    NONE = "none"
    BASIC = "basic"
    DIGEST = "digest"


class Transport(StrEnum):
    """How RTP reaches the gateway (RFC 2326 section 10.12: interleaved, or section 12.39: UDP)."""

    TCP = "tcp"
    UDP = "udp"


class Stream(Document):
    """What a camera promises to send. `bitrate` is in bits per second."""

    codec: Codec = "h264"
    width: Annotated[int, Field(ge=16, le=7680, multiple_of=2)]
    height: Annotated[int, Field(ge=16, le=4320, multiple_of=2)]
    fps: Annotated[int, Field(ge=1, le=60)]
    bitrate: Annotated[int, Field(ge=16_000, le=100_000_000)]

    @field_validator("width", "height")
    @classmethod
    def _fits_rtp(cls, pixels: int, info: ValidationInfo) -> int:
        if info.data.get("codec") == "mjpeg" and pixels > 2040:
            raise ValueError("Motion JPEG has 2040 pixels at most in RTP (RFC 2435 3.1.5)")
        return pixels


class Camera(Document):
    """One camera. Its identity is serial and MAC; its address may change."""

    id: CameraId
    serial: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    mac: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")]
    agency: str
    ward_code: Annotated[int, Field(gt=0)]
    ward: str
    site: str
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    address: IPv4Address
    port: Annotated[int, Field(ge=1, le=65535)] = 554
    path: Annotated[str, StringConstraints(pattern=r"^/[^\s#]*$")]
    transport: Transport = Transport.TCP
    auth: Auth = Auth.DIGEST
    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
    model: str
    stream: Stream

    @property
    def number(self) -> int:
        """The camera's number in watermarks."""
        return number_of(self.id)


def camera_id(number: int) -> str:
    """The id of camera `number`: 1 to 999,999."""
    if not 0 < number <= 999_999:
        raise ValueError(f"camera number {number} is outside 1..999999")
    return f"cam-{number:06d}"


def number_of(identifier: str) -> int:
    """The number in a camera id; the inverse of `camera_id`."""
    return int(identifier.removeprefix("cam-"))
