"""Session descriptions (RFC 4566) as cameras give them in DESCRIBE (RFC 2326 appendix C).

H.264 is described by RFC 6184 8.2.1.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

MAX_SIZE = 64 * 1024
MAX_MEDIA = 32


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
        """Encoding name in lower case: `h264`."""
        return self.rtpmap.partition("/")[0].lower()

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units of H.264's `sprop-parameter-sets`; empty if there are none that can be read."""
        found = re.search(r"sprop-parameter-sets\s*=\s*([^;\s]+)", self.fmtp)
        try:
            return tuple(base64.b64decode(part, validate=True) for part in found[1].split(",")) if found else ()
        except (binascii.Error, ValueError):
            return ()


@dataclass(frozen=True, slots=True)
class Session:
    """A session description: its media in order, name, and session-level control URL."""

    media: tuple[Media, ...] = field(default=())
    name: str = ""
    control: str = ""


def describe(
    *,
    address: str,
    name: str,
    control: str,
    sps: bytes,
    pps: bytes,
    fps: int,
    payload_type: int = 96,
    bandwidth: int = 0,
    session_id: int = 1,
) -> str:
    """The description of one H.264 stream.

    Args:
        address: IPv4 address of the camera (`o=`).
        name: session name (`s=`).
        control: control attribute of the track, relative to the Content-Base.
        sps: sequence parameter set, for `profile-level-id` and `sprop-parameter-sets`.
        pps: picture parameter set.
        fps: frames a second.
        payload_type: dynamic RTP payload type.
        bandwidth: bits per second for `b=AS`, 0 to leave it out.
        session_id: `o=` session id and version.

    Raises:
        ValueError: `sps` is too short, or a text holds a line break.
    """
    if len(sps) < 4:
        raise ValueError("an SPS has at least 4 bytes")
    if re.search(r"[\r\n\0]", address + name + control):
        raise ValueError("address, name and control must be single lines")
    sprop = ",".join(base64.b64encode(unit).decode() for unit in (sps, pps))
    lines = [
        "v=0",
        f"o=- {session_id} {session_id} IN IP4 {address}",
        f"s={name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=0-",
        f"m=video 0 RTP/AVP {payload_type}",
        *([f"b=AS:{-(-bandwidth // 1000)}"] if bandwidth else []),
        f"a=rtpmap:{payload_type} H264/90000",
        f"a=fmtp:{payload_type} packetization-mode=1;profile-level-id={sps[1:4].hex().upper()};"
        f"sprop-parameter-sets={sprop}",
        f"a=framerate:{fps}",
        f"a=control:{control}",
    ]
    return "\r\n".join(lines) + "\r\n"


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
        _attribute(section, f"rtpmap:{payload_type}", " "),
        _attribute(section, f"fmtp:{payload_type}", " "),
    )


def _attribute(section: list[str], name: str, separator: str = ":") -> str:
    start = f"a={name}{separator}"
    return next((line[len(start) :].strip() for line in section if line.startswith(start)), "")
