"""H.265 in RTP (RFC 7798) without DONL fields: single NAL units, aggregation packets and fragmentation units."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from citycam.wire.pictures import Depacketizer as _Depacketizer

IDR_W_RADL, IDR_N_LP, CRA = 19, 20, 21
VPS, SPS, PPS, PREFIX_SEI = 32, 33, 34, 39
AP, FU = 48, 49
HEADER = 2
"""Bytes of a NAL unit's header (ITU-T H.265 7.3.1.2)."""


def kind(unit: bytes) -> int:
    """The type of a NAL unit (ITU-T H.265 table 7-1)."""
    return unit[0] >> 1 & 0x3F


def packetize(unit: bytes, limit: int = 1400) -> list[bytes]:
    """RTP payloads of one NAL unit: itself if it fits (RFC 7798 4.4.1), else fragmentation units (4.4.3).

    Raises:
        ValueError: the unit is shorter than its header or `limit` leaves no room for a fragment.
    """
    if len(unit) < HEADER or limit < 4:
        raise ValueError("a NAL unit has at least two bytes and a fragment at least four")
    if len(unit) <= limit:
        return [unit]
    header = bytes((unit[0] & 0x81 | FU << 1, unit[1]))
    room = limit - 3
    pieces = [unit[at : at + room] for at in range(HEADER, len(unit), room)]
    last = len(pieces) - 1
    return [
        header + bytes(((index == 0) << 7 | (index == last) << 6 | kind(unit),)) + piece
        for index, piece in enumerate(pieces)
    ]


def aggregate(units: Sequence[bytes]) -> bytes:
    """One aggregation packet of several NAL units; layer and temporal id are the lowest of theirs (RFC 7798 4.4.2)."""
    forbidden = max(unit[0] & 0x80 for unit in units)
    layer = min((unit[0] & 1) << 5 | unit[1] >> 3 for unit in units)
    temporal = min(unit[1] & 7 for unit in units)
    header = bytes((forbidden | AP << 1 | layer >> 5, (layer & 0x1F) << 3 | temporal))
    return header + b"".join(struct.pack("!H", len(unit)) + unit for unit in units)


class Depacketizer(_Depacketizer):
    """Access units of H.265; PACI packets, which no camera uses, are counted as damage."""

    def _is_key(self, unit: bytes) -> bool:
        return kind(unit) in (IDR_W_RADL, IDR_N_LP, CRA)

    def _payload(self, payload: bytes) -> None:
        type_ = kind(payload)
        if type_ == FU:
            self._fragment(payload)
        elif self._fragments:
            self._damaged()
        if len(payload) < HEADER + 1:
            self._damaged()
        elif type_ == AP:
            self._aggregation(payload)
        elif type_ < AP:
            self._units.append(payload)
        elif type_ != FU:
            self._damaged()

    def _aggregation(self, payload: bytes) -> None:
        for unit in self._aggregated(payload, HEADER):
            if len(unit) > HEADER:
                self._units.append(unit)
            else:
                self._damaged()

    def _fragment(self, payload: bytes) -> None:
        starts = len(payload) > HEADER and payload[HEADER] & 0x80
        if len(payload) < HEADER + 2 or bool(starts) == bool(self._fragments):
            self._damaged()
            return
        if starts:
            self._fragments.append(bytes((payload[0] & 0x81 | (payload[HEADER] & 0x3F) << 1, payload[1])))
        self._fragments.append(payload[HEADER + 1 :])
        if payload[HEADER] & 0x40:
            self._units.append(b"".join(self._fragments))
            self._fragments.clear()
