"""RTP and RTCP packets (RFC 3550) and H.264 in RTP (RFC 6184)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

HEADER_SIZE = 12
H264_IDR, H264_SEI, H264_SPS, H264_PPS = 5, 6, 7, 8
STAP_A, FU_A = 24, 28
NTP_EPOCH = 2_208_988_800
"""Seconds from 1900 (NTP) to 1970 (RFC 3550 section 4)."""

_HEADER = struct.Struct("!BBHII")
_SENDER_REPORT = struct.Struct("!BBHIIIIII")


class RtpSyntaxError(ValueError):
    """The bytes are not an RTP or RTCP packet, or not H.264 in RTP."""


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


def packetize(unit: bytes, limit: int = 1400) -> list[bytes]:
    """RTP payloads of one NAL unit: itself if it fits (RFC 6184 5.6), else FU-A fragments (5.8).

    Raises:
        ValueError: the unit is empty or `limit` leaves no room for a fragment.
    """
    if not unit or limit < 3:
        raise ValueError("a NAL unit has at least a byte and a fragment at least three")
    if len(unit) <= limit:
        return [unit]
    indicator = unit[0] & 0xE0 | FU_A
    kind = unit[0] & 0x1F
    room = limit - 2
    pieces = [unit[at : at + room] for at in range(1, len(unit), room)]
    last = len(pieces) - 1
    return [
        bytes((indicator, (index == 0) << 7 | (index == last) << 6 | kind)) + piece
        for index, piece in enumerate(pieces)
    ]


def aggregate(units: Sequence[bytes]) -> bytes:
    """One STAP-A payload of several NAL units (RFC 6184 5.7.1)."""
    importance = max(unit[0] & 0x60 for unit in units)
    return bytes((importance | STAP_A,)) + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """The NAL units of one picture. Not `complete` when packets before or in it were lost."""

    timestamp: int
    units: tuple[bytes, ...]
    complete: bool

    @property
    def key(self) -> bool:
        """Whether a decoder can start here."""
        return any(unit[0] & 0x1F == H264_IDR for unit in self.units)


class Depacketizer:
    """Puts access units together from packets in their order of arrival.

    A picture ends at the marker bit or where the timestamp changes (RFC 6184 5.1).

    Args:
        max_size: most bytes of one access unit; larger ones are cut and not complete.
    """

    def __init__(self, max_size: int = 8 * 1024 * 1024) -> None:
        self.max_size = max_size
        self.lost = 0
        """Packets that never came, by their sequence numbers."""
        self._expected: int | None = None
        self._timestamp = 0
        self._units: list[bytes] = []
        self._fragments: list[bytes] = []
        self._size = 0
        self._complete = True

    def feed(self, packet: Packet) -> list[AccessUnit]:
        """The access units that `packet` completes: none, one, or two."""
        done: list[AccessUnit] = []
        gap = 0 if self._expected is None else packet.sequence - self._expected & 0xFFFF
        if gap >= 0x8000:
            return done  # older than what was seen: duplicated or late
        if gap:
            self.lost += gap
            self._damaged()
        if packet.timestamp != self._timestamp:
            done += self._flush()
            self._timestamp = packet.timestamp
            self._complete = not gap  # the loss may lie in either picture: neither is trusted
        self._expected = packet.sequence + 1 & 0xFFFF
        self._payload(packet.payload)
        if packet.marker:
            done += self._flush()
        return done

    def _payload(self, payload: bytes) -> None:
        self._size += len(payload)
        if not payload or self._size > self.max_size:
            self._damaged()
            return
        kind = payload[0] & 0x1F
        if kind == FU_A:
            self._fragment(payload)
        elif self._fragments:
            self._damaged()
        if kind == STAP_A:
            self._aggregate(payload)
        elif 1 <= kind < STAP_A:
            self._units.append(payload)
        elif kind != FU_A:
            self._complete = False  # STAP-B, MTAP and FU-B belong to a mode no camera uses (RFC 6184 5.2)

    def _fragment(self, payload: bytes) -> None:
        starts = len(payload) > 1 and payload[1] & 0x80
        if len(payload) < 3 or bool(starts) == bool(self._fragments):
            self._damaged()
            return
        if starts:
            self._fragments.append(bytes((payload[0] & 0xE0 | payload[1] & 0x1F,)))
        self._fragments.append(payload[2:])
        if payload[1] & 0x40:
            self._units.append(b"".join(self._fragments))
            self._fragments.clear()

    def _aggregate(self, payload: bytes) -> None:
        at = 1
        while at < len(payload):
            end = at + 2 + int.from_bytes(payload[at : at + 2], "big")
            if end > len(payload) or end == at + 2:
                self._damaged()
                return
            self._units.append(payload[at + 2 : end])
            at = end

    def _damaged(self) -> None:
        self._fragments.clear()
        self._complete = False

    def _flush(self) -> list[AccessUnit]:
        if self._fragments:
            self._damaged()
        done = [AccessUnit(self._timestamp, tuple(self._units), self._complete)] if self._units else []
        self._units.clear()
        self._size = 0
        self._complete = True
        return done


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
