"""Session descriptions (RFC 4566) as cameras give them in DESCRIBE (RFC 2326 appendix C).

H.264 is described by RFC 6184 8.2.1, H.265 by RFC 7798 7.2, AAC by RFC 3640 4.1, JPEG and G.711 by RFC 3551 6.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

MAX_SIZE = 64 * 1024
MAX_MEDIA = 32

_NAMES = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG", "pcmu": "PCMU", "pcma": "PCMA", "aac": "MPEG4-GENERIC"}
"""Encoding names of RFC 3551 and its followers, by ours."""
_CODECS = {name.lower(): codec for codec, name in _NAMES.items()}
_AUDIO = {"pcmu", "pcma", "aac"}
_STATIC = {0: "PCMU/8000", 8: "PCMA/8000", 26: "JPEG/90000"}
"""Payload types that need no `a=rtpmap` (RFC 3551 section 6)."""


class SdpSyntaxError(ValueError):
    """The text is not a session description."""


@dataclass(frozen=True, slots=True)
class Media:
    """One `m=` section: kind (`video`), control URL as written, first payload type and what describes it."""

    kind: str
    control: str = ""
    payload_type: int = 96
    rtpmap: str = ""
    fmtp: str = ""

    @property
    def clock_rate(self) -> int:
        """Ticks of the RTP timestamp a second; 90,000 where it is not said (RFC 3551 section 5)."""
        found = re.search(r"/([0-9]{1,9})", self.rtpmap)
        return int(found[1]) if found and int(found[1]) else 90_000

    @property
    def codec(self) -> str:
        """Our name of the codec, `h264` or `mjpeg`; the encoding name in lower case where we have none."""
        name = self.rtpmap.partition("/")[0].lower()
        return _CODECS.get(name, name)

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units of H.264's or H.265's `sprop-…`, in that order; empty if there are none that can be read."""
        names = ("sprop-parameter-sets", "sprop-vps", "sprop-sps", "sprop-pps")
        values = ",".join(filter(None, map(self._parameter, names)))
        try:
            return tuple(base64.b64decode(part, validate=True) for part in values.split(",")) if values else ()
        except (binascii.Error, ValueError):
            return ()

    @property
    def config(self) -> bytes:
        """AAC's AudioSpecificConfig (RFC 3640 4.1); empty if there is none that can be read."""
        try:
            return bytes.fromhex(self._parameter("config"))
        except ValueError:
            return b""

    def _parameter(self, name: str) -> str:
        """A value of the format parameters; empty if it is not there."""
        found = re.search(rf"(?:^|[;\s]){name}\s*=\s*([^;\s]+)", self.fmtp, re.IGNORECASE)
        return found[1] if found else ""


@dataclass(frozen=True, slots=True)
class Session:
    """A session description: its media in order, name, and session-level control URL."""

    media: tuple[Media, ...] = field(default=())
    name: str = ""
    control: str = ""


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a description.

    Attributes:
        codec: `h264`, `h265`, `mjpeg`, `pcmu`, `pcma` or `aac`.
        control: control attribute, relative to the Content-Base.
        payload_type: dynamic where RFC 3551 has no static one.
        sets: NAL units of the parameter sets: SPS and PPS, for H.265 a VPS before them.
        fps: frames a second of video, 0 to leave it out.
        bandwidth: bits per second for `b=AS`, 0 to leave it out.
        rate: ticks of the RTP timestamp a second: the sampling rate of audio; 0 for the 90,000 of video.
        config: AAC's AudioSpecificConfig.
        port: where multicast goes to, 0 for unicast.
    """

    codec: str
    control: str
    payload_type: int
    sets: tuple[bytes, ...] = ()
    fps: int = 0
    bandwidth: int = 0
    rate: int = 0
    config: bytes = b""
    port: int = 0


def describe(*, address: str, name: str, tracks: Sequence[Track], session_id: int = 1, multicast: str = "") -> str:
    """The description of a presentation.

    Args:
        address: IPv4 address of the camera (`o=`).
        name: session name (`s=`).
        session_id: `o=` session id and version.
        tracks: in their order.
        multicast: group that the tracks are sent to, with its TTL (`239.1.2.3/16`); empty for unicast.

    Raises:
        ValueError: a codec is unknown or lacks what describes it, or a text holds a line break.
    """
    if re.search(r"[\r\n\0]", "".join((address, name, multicast, *(track.control for track in tracks)))):
        raise ValueError("addresses, name and controls must be single lines")
    lines = [
        "v=0",
        f"o=- {session_id} {session_id} IN IP4 {address}",
        f"s={name}",
        f"c=IN IP4 {multicast or '0.0.0.0'}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=0-",
        *(line for track in tracks for line in _track(track)),
    ]
    return "\r\n".join(lines) + "\r\n"


def _track(track: Track) -> list[str]:
    if track.codec not in _NAMES:
        raise ValueError(f"codec {track.codec!r} cannot be described")
    kind = "audio" if track.codec in _AUDIO else "video"
    channels = "/1" if track.codec == "aac" else ""
    format = _format(track)
    return [
        f"m={kind} {track.port} RTP/AVP {track.payload_type}",
        *([f"b=AS:{-(-track.bandwidth // 1000)}"] if track.bandwidth else []),
        f"a=rtpmap:{track.payload_type} {_NAMES[track.codec]}/{track.rate or 90_000}{channels}",
        *([f"a=fmtp:{track.payload_type} {format}"] if format else []),
        *([f"a=framerate:{track.fps}"] if track.fps else []),
        f"a=control:{track.control}",
    ]


def _format(track: Track) -> str:
    """The format parameters (`a=fmtp`)."""
    if track.codec == "aac":
        if not track.config:
            raise ValueError("AAC needs its AudioSpecificConfig")
        sizes = "sizelength=13;indexlength=3;indexdeltalength=3"
        return f"streamtype=5;profile-level-id=1;mode=AAC-hbr;{sizes};config={track.config.hex()}"
    sets = [base64.b64encode(unit).decode() for unit in track.sets]
    if track.codec == "h264":
        if len(sets) != 2 or len(track.sets[0]) < 4:
            raise ValueError("H.264 needs an SPS of at least 4 bytes and a PPS")
        level = track.sets[0][1:4].hex().upper()
        return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={','.join(sets)}"
    if track.codec == "h265":
        if len(sets) != 3:
            raise ValueError("H.265 needs a VPS, an SPS and a PPS")
        return f"sprop-vps={sets[0]};sprop-sps={sets[1]};sprop-pps={sets[2]}"
    return ""


def parse(text: str) -> Session:
    """Read a description; lines that are unknown or odd are ignored, as players do.

    Raises:
        SdpSyntaxError: too large, no line is `x=…`, or an `m=` line cannot be read.
    """
    if len(text) > MAX_SIZE:
        raise SdpSyntaxError(f"description of {len(text)} characters, limit {MAX_SIZE}")
    lines = [line for line in re.split(r"[\r\n]+", text) if re.match(r"[a-z]=", line)]
    if not lines:
        raise SdpSyntaxError("no line of the form x=…")
    sections: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line)
    if len(sections) > MAX_MEDIA + 1:
        raise SdpSyntaxError(f"more than {MAX_MEDIA} media")
    head, *rest = sections
    name = next((line[2:] for line in head if line.startswith("s=")), "")
    return Session(tuple(_media(section) for section in rest), name, _attribute(head, "control"))


def control_url(base: str, control: str) -> str:
    """Absolute URL of a control attribute (RFC 2326 C.1.1); relative ones are appended as every player does it."""
    if control in ("", "*"):
        return base
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", control):
        return control
    if control.startswith("/"):
        return urljoin(base.replace("rtsp", "http", 1), control).replace("http", "rtsp", 1)
    return base.rstrip("/") + "/" + control


def _media(section: list[str]) -> Media:
    found = re.match(r"m=(\S+) [0-9]{1,5}(?:/[0-9]{1,5})? \S+ ([0-9]{1,3})(?: |$)", section[0])
    if found is None or int(found[2]) > 127:
        raise SdpSyntaxError(f"not a media line: {section[0][:80]!r}")
    payload_type = int(found[2])
    return Media(
        found[1],
        _attribute(section, "control"),
        payload_type,
        _attribute(section, f"rtpmap:{payload_type}", " ") or _STATIC.get(payload_type, ""),
        _attribute(section, f"fmtp:{payload_type}", " "),
    )


def _attribute(section: list[str], name: str, separator: str = ":") -> str:
    start = f"a={name}{separator}"
    return next((line[len(start) :].strip() for line in section if line.startswith(start)), "")
