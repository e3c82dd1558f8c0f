"""RTP and RTCP packets (RFC 3550). What is in their payloads: `h264`, `h265`, `jpeg`, `aac`, `g711`."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER_SIZE = 12
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 (NTP) to 1970 (RFC 3550 section 4)."""

_HEADER = struct.Struct("!BBHII")
_SENDER_REPORT = struct.Struct("!BBHIIIIII")


class RtpSyntaxError(ValueError):
    """The bytes are not an RTP or RTCP packet."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet (RFC 3550 5.1), padding and extension removed."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    @classmethod
    def parse(cls, data: bytes) -> Packet:
        """Read a packet.

        Raises:
            RtpSyntaxError: too short, another version, or a length that does not fit.
        """
        if len(data) < HEADER_SIZE:
            raise RtpSyntaxError(f"{len(data)} bytes are no RTP packet")
        first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
        if first >> 6 != 2:
            raise RtpSyntaxError(f"RTP version {first >> 6}")
        start = HEADER_SIZE + 4 * (first & 0x0F)
        if first & 0x10:
            if len(data) < start + 4:
                raise RtpSyntaxError("header extension is cut")
            start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
        end = len(data)
        if first & 0x20:
            end -= data[-1] or end
        if start > end:
            raise RtpSyntaxError("header and padding are longer than the packet")
        return cls(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, bytes(data[start:end]))

    def encode(self) -> bytes:
        """Bytes on the wire."""
        return header(self.payload_type, self.marker, self.sequence, self.timestamp, self.ssrc) + self.payload


def header(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """The twelve bytes before the payload; `sequence` and `timestamp` wrap."""
    return _HEADER.pack(0x80, marker << 7 | payload_type, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """An RTCP sender report without reception blocks (RFC 3550 6.4.1). `wall_ns` is the instant of `timestamp`."""

    ssrc: int
    wall_ns: int
    timestamp: int
    packets: int
    octets: int

    def encode(self) -> bytes:
        """Bytes on the wire; counters wrap."""
        seconds, rest = divmod(self.wall_ns, 1_000_000_000)
        return _SENDER_REPORT.pack(
            0x80,
            200,
            6,
            self.ssrc,
            seconds + NTP_EPOCH & 0xFFFFFFFF,
            (rest << 32) // 1_000_000_000,
            self.timestamp & 0xFFFFFFFF,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )

    @classmethod
    def parse(cls, data: bytes) -> SenderReport | None:
        """The report at the start of a (compound) RTCP packet; None if it starts with another type.

        Raises:
            RtpSyntaxError: too short or another version.
        """
        if len(data) < 4 or data[0] >> 6 != 2:
            raise RtpSyntaxError("not an RTCP packet")
        if data[1] != 200:
            return None
        if len(data) < _SENDER_REPORT.size:
            raise RtpSyntaxError("sender report is cut")
        _, _, _, ssrc, seconds, fraction, timestamp, packets, octets = _SENDER_REPORT.unpack_from(data)
        nanoseconds = -(-fraction * 1_000_000_000 >> 32)
        return cls(ssrc, (seconds - NTP_EPOCH) * 1_000_000_000 + nanoseconds, timestamp, packets, octets)


def goodbye(ssrc: int) -> bytes:
    """An RTCP BYE (RFC 3550 6.6)."""
    return struct.pack("!BBHI", 0x81, 203, 1, ssrc)
