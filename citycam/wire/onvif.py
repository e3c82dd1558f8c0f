"""What a survey asks a device over ONVIF, and what the answers say: bytes in, values out.

Core specification 8 (device), Media 5, Media2 5. Requests are markup for `citycam.wire.soap.envelope`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from citycam.wire.soap import local, text

DEVICE_PATH = "/onvif/device_service"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
_SCHEMA = "http://www.onvif.org/ver10/schema"
_SCOPE = re.compile(r"onvif://www\.onvif\.org/Profile/([A-Za-z]+)", re.IGNORECASE)
_NAMES = {"streaming": "S"}
_CODECS = {"h264": "h264", "h265": "h265", "jpeg": "mjpeg", "mpeg4": "mpeg4"}

GET_SYSTEM_DATE_AND_TIME = f'<GetSystemDateAndTime xmlns="{DEVICE}"/>'
GET_DEVICE_INFORMATION = f'<GetDeviceInformation xmlns="{DEVICE}"/>'
GET_NETWORK_INTERFACES = f'<GetNetworkInterfaces xmlns="{DEVICE}"/>'
GET_SCOPES = f'<GetScopes xmlns="{DEVICE}"/>'
GET_ENDPOINT_REFERENCE = f'<GetEndpointReference xmlns="{DEVICE}"/>'
GET_SERVICES = f'<GetServices xmlns="{DEVICE}"><IncludeCapability>false</IncludeCapability></GetServices>'
GET_CAPABILITIES = f'<GetCapabilities xmlns="{DEVICE}"><Category>All</Category></GetCapabilities>'
GET_PROFILES = f'<GetProfiles xmlns="{MEDIA}"/>'
GET_PROFILES_2 = f'<GetProfiles xmlns="{MEDIA2}"><Type>VideoSource</Type><Type>VideoEncoder</Type></GetProfiles>'


class Plate(NamedTuple):
    """GetDeviceInformation; empty where the device says nothing."""

    manufacturer: str
    model: str
    firmware: str
    serial: str
    hardware: str


class MediaProfile(NamedTuple):
    """One stream as a device offers it: its video source and encoder. 0 and empty texts where it says nothing.

    `bitrate` in bits a second; `group`: frames from one key frame to the next.
    """

    token: str
    source: str
    codec: str
    width: int
    height: int
    fps: float
    bitrate: int
    group: int = 0


def get_stream_uri(token: str) -> str:
    """Media's GetStreamUri, by TCP."""
    setup = (
        f'<StreamSetup><Stream xmlns="{_SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{_SCHEMA}">'
        "<Protocol>RTSP</Protocol></Transport></StreamSetup>"
    )
    return f'<GetStreamUri xmlns="{MEDIA}">{setup}<ProfileToken>{escape(token)}</ProfileToken></GetStreamUri>'


def get_stream_uri_2(token: str) -> str:
    """Media2's GetStreamUri."""
    inner = f"<Protocol>RTSP</Protocol><ProfileToken>{escape(token)}</ProfileToken>"
    return f'<GetStreamUri xmlns="{MEDIA2}">{inner}</GetStreamUri>'


def system_time(root: Element) -> datetime | None:
    """The device's UTC time, to the second; None if it does not tell one that can be."""
    at = _first(root, "UTCDateTime")
    names = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    try:
        year, month, day, hour, minute, second = (int(text(at, name)) for name in names)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def plate(root: Element) -> Plate:
    """What the device says of itself."""
    found = _first(root, "GetDeviceInformationResponse")
    fields = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber", "HardwareId")
    return Plate(*(text(found, name) for name in fields))


def hardware_addresses(root: Element) -> tuple[str, ...]:
    """MAC addresses as the device writes them, those of interfaces that are on first."""
    found = [(text(one, "Enabled").lower() in ("false", "0"), one) for one in _all(root, "NetworkInterfaces")]
    ordered = [one for _, one in sorted(found, key=lambda pair: pair[0])]
    return tuple(address for one in ordered if (address := text(one, "Info/HwAddress")))


def services(root: Element) -> dict[str, str]:
    """Namespace → address of each service, out of GetServices."""
    return {text(one, "Namespace"): text(one, "XAddr") for one in _all(root, "Service")}


def capabilities(root: Element) -> dict[str, str]:
    """The same of a device too old for GetServices, out of GetCapabilities."""
    media = text(_first(root, "Capabilities"), "Media/XAddr")
    return {MEDIA: media} if media else {}


def scopes(root: Element) -> tuple[str, ...]:
    """Scopes, out of GetScopes."""
    return tuple(text(one, "ScopeItem") for one in _all(root, "Scopes"))


def profiles_of(scopes: Sequence[str]) -> tuple[str, ...]:
    """The ONVIF profiles that scopes claim (Core specification, 7.3.2.2): `S`, `T`, `G`, …"""
    named = (found[1] for scope in scopes if (found := _SCOPE.match(scope)))
    letters = {_NAMES.get(name.lower(), name.upper()) for name in named}
    return tuple(sorted((one for one in letters if len(one) == 1), key="STGMQACD".find))


def endpoint_reference(root: Element) -> str:
    """The device's endpoint reference, `urn:uuid:…`."""
    found = _first(root, "GUID")
    return (found.text or "").strip() if found is not None else ""


def media_profiles(root: Element) -> tuple[MediaProfile, ...]:
    """Media profiles with video, of either media service."""
    found = []
    for one in _all(root, "Profiles"):
        source = _first(one, "VideoSourceConfiguration", "VideoSource")
        encoder = _first(one, "VideoEncoderConfiguration", "VideoEncoder")
        if source is None or encoder is None:
            continue
        found.append(
            MediaProfile(
                one.get("token") or "",
                text(source, "SourceToken"),
                _CODECS.get(text(encoder, "Encoding").lower(), ""),
                int(_number(text(encoder, "Resolution/Width"))),
                int(_number(text(encoder, "Resolution/Height"))),
                _number(text(encoder, "RateControl/FrameRateLimit")),
                round(1000 * _number(text(encoder, "RateControl/BitrateLimit"))),
                int(_number(encoder.get("GovLength") or text(encoder, "H264/GovLength"))),
            )
        )
    return tuple(found)


def main_profiles(profiles: Sequence[MediaProfile]) -> tuple[MediaProfile, ...]:
    """The largest profile of each video source, sources in their order: the channels of a device."""
    largest: dict[str, MediaProfile] = {}
    for one in profiles:
        known = largest.get(one.source)
        if known is None or one.width * one.height > known.width * known.height:
            largest[one.source] = one
    return tuple(largest.values())


def stream_uri(root: Element) -> str:
    """The URI of a GetStreamUri answer, of either media service."""
    found = _first(root, "Uri")
    return (found.text or "").strip() if found is not None else ""


def _all(root: Element, *names: str) -> Iterator[Element]:
    return (one for one in root.iter() if local(one.tag) in names)


def _first(root: Element, *names: str) -> Element | None:
    return next(_all(root, *names), None)


def _number(told: str) -> float:
    found = re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", told)
    return float(told) if found else 0.0
