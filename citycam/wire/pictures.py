"""Pictures put together again from RTP packets: what the depacketizers of all video formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from citycam.wire.rtp import Packet

MAX_SIZE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """The NAL units of one picture, or its one JPEG image. Not `complete` when packets before or in it were lost."""

    timestamp: int
    units: tuple[bytes, ...]
    complete: bool
    key: bool
    """Whether a decoder can start here."""


class Depacketizer(ABC):
    """Puts access units together from packets in their order of arrival.

    A picture ends at the marker bit or where the timestamp changes (RFC 6184 5.1, RFC 7798 4.1, RFC 2435 3).

    Args:
        max_size: most bytes of one access unit; larger ones are cut and not complete.
    """

    def __init__(self, max_size: int = MAX_SIZE) -> None:
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
        self._size += len(packet.payload)
        if not packet.payload or self._size > self.max_size:
            self._damaged()
        else:
            self._payload(packet.payload)
        if packet.marker:
            done += self._flush()
        return done

    @abstractmethod
    def _payload(self, payload: bytes) -> None:
        """Take what one packet carries, at least a byte."""

    @abstractmethod
    def _is_key(self, unit: bytes) -> bool:
        """Whether a picture with this unit is a key frame."""

    def _ended(self) -> None:
        """No more packets of this picture will come."""
        if self._fragments:
            self._damaged()

    def _aggregated(self, payload: bytes, at: int) -> Iterator[bytes]:
        """Units preceded by their lengths in two bytes, from `at` on (RFC 6184 5.7.1, RFC 7798 4.4.2)."""
        while at < len(payload):
            end = at + 2 + int.from_bytes(payload[at : at + 2], "big")
            if end > len(payload) or end == at + 2:
                self._damaged()
                return
            yield payload[at + 2 : end]
            at = end

    def _damaged(self) -> None:
        self._fragments.clear()
        self._complete = False

    def _flush(self) -> list[AccessUnit]:
        self._ended()
        units = tuple(self._units)
        key = any(map(self._is_key, units))
        done = [AccessUnit(self._timestamp, units, self._complete, key)] if units else []
        self._units.clear()
        self._size = 0
        self._complete = True
        return done
