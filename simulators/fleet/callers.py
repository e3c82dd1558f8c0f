"""Who called at each device: how many connections it had at once, over RTSP and HTTP together, and refused logins."""

from __future__ import annotations

from collections import Counter


class Callers:
    """Counts by address since the fleet started. Real devices lock accounts out, and small ones serve few callers."""

    def __init__(self) -> None:
        self._now: Counter[str] = Counter()
        self._most: dict[str, int] = {}
        self._refused: Counter[str] = Counter()

    def enter(self, address: str) -> None:
        """A connection was taken in."""
        self._now[address] += 1
        self._most[address] = max(self._most.get(address, 0), self._now[address])

    def leave(self, address: str) -> None:
        """It is over."""
        self._now[address] -= 1
        if not self._now[address]:
            del self._now[address]

    def refused(self, address: str, logins: int = 1) -> None:
        """Credentials that are none of the device's were shown."""
        self._refused[address] += logins

    def record(self) -> dict[str, dict[str, int]]:
        """Numbers of devices: by the most connections they ever had at once, and by logins that they refused."""
        return {
            "devices_by_most_connections": {str(most): count for most, count in Counter(self._most.values()).items()},
            "devices_by_refused_logins": {str(many): count for many, count in Counter(self._refused.values()).items()},
        }
