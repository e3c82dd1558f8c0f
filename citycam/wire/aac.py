"""AAC in RTP (RFC 3640, mode AAC-hbr): sizes of 13 bits and indexes of 3 in front of the access units."""

from __future__ import annotations

import struct
from collections.abc import Sequence

MODE = "AAC-hbr"
MOST = (1 << 13) - 1
"""Bytes of an access unit, at most (RFC 3640 3.3.6)."""


class AacSyntaxError(ValueError):
    """The payload is not AAC in mode AAC-hbr."""


def packetize(units: Sequence[bytes]) -> bytes:
    """One RTP payload of consecutive access units, all whole (RFC 3640 3.2.3).

    Raises:
        ValueError: there is none, or one is empty or too long.
    """
    if not units or not all(0 < len(unit) <= MOST for unit in units):
        raise ValueError(f"a packet holds at least one access unit, each of 1 to {MOST} bytes")
    headers = struct.pack(f"!{len(units) + 1}H", 16 * len(units), *(len(unit) << 3 for unit in units))
    return headers + b"".join(units)


def depacketize(payload: bytes) -> list[bytes]:
    """The access units of one payload; a fragment (RFC 3640 3.2.3.1) is refused: no camera's frame fills a packet.

    Raises:
        AacSyntaxError: cut, interleaved, or the sizes are not those of what follows.
    """
    bits = int.from_bytes(payload[:2], "big")
    count, rest = divmod(bits, 16)
    start = 2 + 2 * count
    if len(payload) < start or not count or rest:
        raise AacSyntaxError(f"{bits} bits of headers in {len(payload)} bytes")
    headers = struct.unpack_from(f"!{count}H", payload, 2)
    if any(header & 7 for header in headers):
        raise AacSyntaxError("access units are interleaved")
    units = []
    for header in headers:
        units.append(payload[start : start + (header >> 3)])
        start += header >> 3
    if start != len(payload) or not all(units):
        raise AacSyntaxError(f"access units end at {start}, the payload at {len(payload)}")
    return units
