"""Answers of a device, read into facts. A device is a stranger: what it says is cut, cleaned, or left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Address

from citycam.inventory import network
from citycam.inventory.record import Codec
from citycam.inventory.spelling import Unreadable
from citycam.inventory.survey.measurement import Measured
from citycam.inventory.survey.visit import Fact, Facts, Probe
from citycam.wire.digest import Challenge
from citycam.wire.onvif import Plate
from citycam.wire.sdp import Media, Session
from citycam.wire.sps import picture

LONGEST = 120
_YEARS_S = 50 * 365 * 86_400
"""A clock that is wrong by more counts from its own start and tells no time."""
_CODECS = {codec.value for codec in Codec} | {"mp4v-es"}


def cleaned(told: str) -> str:
    """A text of a device as one line, without control characters, credentials and what is too long."""
    return network.redacted(" ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", told[: 4 * LONGEST]).split())[:LONGEST])


def put(facts: Facts, probe: Probe, **values: object) -> None:
    """Add what is known: neither None nor empty."""
    facts.update(
        {name: Fact(value=value, probe=probe) for name, value in values.items() if value not in (None, "", [])}
    )


def challenges_of(values: Iterable[str]) -> list[Challenge]:
    """The challenges of a refusal that can be read."""
    found = []
    for value in values:
        try:
            found.append(Challenge.parse(value))
        except ValueError:
            continue
    return found


def auth_kinds(challenges: Iterable[Challenge]) -> list[str]:
    """How a device asks for credentials, as `CameraRecord.auth` has it."""
    kinds = {challenge.scheme for challenge in challenges}
    return [kind for kind in ("basic", "digest") if kind in kinds]


def video_of(session: Session) -> Media | None:
    """The first video of a description."""
    return next((media for media in session.media if media.kind == "video"), None)


def description_facts(session: Session) -> Facts:
    """Codec, size and sound by a session description."""
    facts: Facts = {}
    video = video_of(session)
    if video is not None:
        codec = "mpeg4" if video.codec == "mp4v-es" else video.codec
        size = picture(video.codec, video.parameter_sets)
        put(facts, Probe.SDP, codec=codec if codec in _CODECS else None)
        if size is not None:
            put(facts, Probe.SDP, width=size.width, height=size.height)
    if session.media:
        put(facts, Probe.SDP, audio=any(media.kind == "audio" for media in session.media))
    return facts


def stream_facts(measured: Measured) -> Facts:
    """What was really received."""
    facts: Facts = {}
    if measured.picture is not None:
        put(facts, Probe.RTP, width=measured.picture.width, height=measured.picture.height)
    put(facts, Probe.RTP, fps=measured.fps, bitrate=measured.bitrate)
    return facts


def plate_facts(plate: Plate) -> Facts:
    """Maker, model, firmware and serial number by GetDeviceInformation."""
    facts: Facts = {}
    try:
        serial = network.serial(cleaned(plate.serial)) if plate.serial else None
    except Unreadable:
        serial = None
    put(
        facts,
        Probe.ONVIF,
        vendor=cleaned(plate.manufacturer),
        model=cleaned(plate.model),
        firmware=cleaned(plate.firmware),
        serial=serial,
    )
    return facts


def mac_of(addresses: Sequence[str]) -> str | None:
    """The first hardware address that means something."""
    for told in addresses:
        try:
            found = network.mac(told)
        except Unreadable:
            continue
        if found is not None:
            return found
    return None


def endpoint_of(told: str) -> str | None:
    """An endpoint reference that identifies: a UUID."""
    found = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", told.lower())
    return f"urn:uuid:{found[0]}" if found else None


def clock_error(told: datetime, asked: datetime, answered: datetime, resolution_s: float = 1.0) -> float | None:
    """Camera time minus true time in seconds, half a unit of its resolution added: devices cut, they do not round."""
    middle = asked + (answered - asked) / 2
    error = (told - middle).total_seconds() + resolution_s / 2
    return plausible_error(error)


def plausible_error(seconds: float) -> float | None:
    """The error of a clock that tells the time, to a tenth of a second; None for one that only counts."""
    return round(seconds, 1) if abs(seconds) < _YEARS_S else None


def stream_place(uri: str, address: IPv4Address, usual: int) -> tuple[int, str, str]:
    """Port and path of a stream's URI, and what is odd about it: an URI never leads a survey to another host."""
    try:
        link = network.link(uri)
    except Unreadable:
        return usual, "", f"its stream's URI cannot be read: {cleaned(uri)}"
    if link.scheme not in ("rtsp", "rtsps") or not re.fullmatch(r"/[!-~]*", link.path):
        return usual, "", f"its stream's URI is no RTSP: {cleaned(uri)}"
    odd = "" if link.address == str(address) else f"its stream's URI names another host: {cleaned(uri)}"
    return link.port or 554, link.path, odd
