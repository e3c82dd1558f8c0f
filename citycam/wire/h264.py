"""H.264 in RTP (RFC 6184), non-interleaved mode: single NAL units, STAP-A and FU-A."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from citycam.wire.pictures import Depacketizer as _Depacketizer

IDR, SEI, SPS, PPS = 5, 6, 7, 8
STAP_A, FU_A = 24, 28


def kind(unit: bytes) -> int:
    """The type of a NAL unit (ITU-T H.264 table 7-1)."""
    return unit[0] & 0x1F


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
    room = limit - 2
    pieces = [unit[at : at + room] for at in range(1, len(unit), room)]
    last = len(pieces) - 1
    return [
        bytes((indicator, (index == 0) << 7 | (index == last) << 6 | kind(unit))) + piece
        for index, piece in enumerate(pieces)
    ]


def aggregate(units: Sequence[bytes]) -> bytes:
    """One STAP-A payload of several NAL units (RFC 6184 5.7.1)."""
    importance = max(unit[0] & 0x60 for unit in units)
    return bytes((importance | STAP_A,)) + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)


class Depacketizer(_Depacketizer):
    """Access units of H.264; packets of the interleaved mode, which no camera uses, are counted as damage."""

    def _is_key(self, unit: bytes) -> bool:
        return kind(unit) == IDR

    def _payload(self, payload: bytes) -> None:
        type_ = kind(payload)
        if type_ == FU_A:
            self._fragment(payload)
        elif self._fragments:
            self._damaged()
        if type_ == STAP_A:
            self._units += self._aggregated(payload, 1)
        elif 1 <= type_ < STAP_A:
            self._units.append(payload)
        elif type_ != FU_A:
            self._damaged()  # STAP-B, MTAP and FU-B (RFC 6184 5.2)

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
