"""The Transport and Session headers of SETUP (RFC 2326 12.39 and 12.37)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address

_PAIR = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class TransportSpec:
    """One transport: interleaved channels on the RTSP connection, or UDP ports. RTP first, RTCP second.

    Of multicast the `group` is the address (`destination`), and `port` what everybody there listens on.
    """

    tcp: bool
    channels: tuple[int, int] | None = None
    client_port: tuple[int, int] | None = None
    server_port: tuple[int, int] | None = None
    ssrc: int | None = None
    multicast: bool = False
    group: str = ""
    port: tuple[int, int] | None = None
    ttl: int | None = None

    def encode(self) -> str:
        """The header's value."""
        parts = ["RTP/AVP/TCP" if self.tcp else "RTP/AVP", "multicast" if self.multicast else "unicast"]
        if self.group:
            parts.append(f"destination={self.group}")
        for name in ("channels", "client_port", "server_port", "port"):
            pair = getattr(self, name)
            if pair is not None:
                parts.append(f"{'interleaved' if name == 'channels' else name}={pair[0]}-{pair[1]}")
        if self.ttl is not None:
            parts.append(f"ttl={self.ttl}")
        if self.ssrc is not None:
            parts.append(f"ssrc={self.ssrc:08X}")
        return ";".join(parts)


def parse_transports(value: str) -> list[TransportSpec]:
    """The acceptable transports of a header, best first; those we cannot read are left out."""
    found = (_parse(entry.strip()) for entry in value.split(","))
    return [spec for spec in found if spec is not None]


def _parse(entry: str) -> TransportSpec | None:
    protocol, *parameters = (part.strip() for part in entry.split(";"))
    protocol = protocol.upper()
    if protocol not in ("RTP/AVP", "RTP/AVP/UDP", "RTP/AVP/TCP"):
        return None
    values = {name.lower(): value for name, _, value in (parameter.partition("=") for parameter in parameters)}
    ssrc = values.get("ssrc", "").strip()
    try:
        return TransportSpec(
            tcp=protocol.endswith("TCP"),
            channels=_pair(values.get("interleaved"), 0xFF),
            client_port=_pair(values.get("client_port"), 0xFFFF),
            server_port=_pair(values.get("server_port"), 0xFFFF),
            ssrc=int(ssrc, 16) if re.fullmatch(r"[0-9A-Fa-f]{1,8}", ssrc) else None,
            multicast="multicast" in values,
            group=_address(values.get("destination", "")) if "multicast" in values else "",
            port=_pair(values.get("port"), 0xFFFF),
            ttl=_ttl(values.get("ttl")),
        )
    except ValueError:
        return None


def _address(text: str) -> str:
    return str(IPv4Address(text.strip())) if text.strip() else ""


def _ttl(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", text.strip()) or int(text) > 0xFF:
        raise ValueError(f"{text!r} is no time to live")
    return int(text)


def _pair(text: str | None, highest: int) -> tuple[int, int] | None:
    """`4588-4589`, or `4588` alone, which means the next one too."""
    if text is None:
        return None
    found = _PAIR.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a pair of numbers")
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    if first > highest or second > highest:
        raise ValueError(f"{text!r} is out of range")
    return first, second


def parse_session(value: str) -> tuple[str, int | None]:
    """Session id and time-out in seconds, from `47112344;timeout=60`."""
    identifier, _, rest = value.partition(";")
    found = re.search(r"timeout\s*=\s*([0-9]{1,6})", rest, re.IGNORECASE)
    return identifier.strip(), int(found[1]) if found else None
