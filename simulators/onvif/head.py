"""The head of a PTZ camera: where it points, moving or not, at any instant. Times in seconds, positions in ONVIF's
generic spaces: pan and tilt from -1 to 1, zoom from 0 to 1 (PTZ service specification, 5.1)."""

from __future__ import annotations

import math
from typing import NamedTuple

PAN_SPEED, TILT_SPEED, ZOOM_SPEED = 0.5, 0.5, 0.25
"""Units a second at full speed: half a turn in two seconds."""


class Position(NamedTuple):
    """A direction and a zoom; also a velocity, as shares of full speed from -1 to 1."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0


class Axis(NamedTuple):
    """One motor: from `start` at time `since`, `velocity` units a second until `until`, never out of its range."""

    low: float
    high: float
    full_speed: float
    start: float = 0.0
    since: float = 0.0
    velocity: float = 0.0
    until: float = 0.0

    def at(self, now: float) -> float:
        """Where it is."""
        gone = max(0.0, min(now, self.until) - self.since)
        return min(self.high, max(self.low, self.start + self.velocity * gone))

    def moving(self, now: float) -> bool:
        """Whether it moves, which it does not against its stop."""
        here = self.at(now)
        stopped = (here >= self.high and self.velocity > 0) or (here <= self.low and self.velocity < 0)
        return now < self.until and self.velocity != 0 and not stopped

    def drive(self, now: float, speed: float, seconds: float) -> Axis:
        """Turn at a share of full speed for so long."""
        return self._replace(
            start=self.at(now), since=now, velocity=speed * self.full_speed, until=now + seconds if speed else now
        )

    def go(self, now: float, target: float, speed: float) -> Axis:
        """Turn to a place and stop there."""
        here = self.at(now)
        way = min(self.high, max(self.low, target)) - here
        pace = max(abs(speed), 0.01) * self.full_speed
        return self._replace(start=here, since=now, velocity=math.copysign(pace, way), until=now + abs(way) / pace)


class Head:
    """Three axes that move on their own, and the places that were given a name."""

    __slots__ = ("home", "pan", "presets", "tilt", "zoom")

    def __init__(self) -> None:
        self.pan = Axis(-1, 1, PAN_SPEED)
        self.tilt = Axis(-1, 1, TILT_SPEED)
        self.zoom = Axis(0, 1, ZOOM_SPEED)
        self.home = Position()
        self.presets: dict[str, tuple[str, Position]] = {}
        """Name and place by token."""

    def at(self, now: float) -> Position:
        """Where it points."""
        return Position(self.pan.at(now), self.tilt.at(now), self.zoom.at(now))

    def moving(self, now: float) -> tuple[bool, bool]:
        """Whether it turns, and whether it zooms."""
        return self.pan.moving(now) or self.tilt.moving(now), self.zoom.moving(now)

    def drive(self, now: float, pan_tilt: tuple[float, float] | None, zoom: float | None, seconds: float) -> None:
        """Move on at shares of full speed; None leaves the axes as they are."""
        if pan_tilt is not None:
            self.pan = self.pan.drive(now, pan_tilt[0], seconds)
            self.tilt = self.tilt.drive(now, pan_tilt[1], seconds)
        if zoom is not None:
            self.zoom = self.zoom.drive(now, zoom, seconds)

    def go(self, now: float, pan_tilt: tuple[float, float] | None, zoom: float | None, speed: Position) -> None:
        """Move to a place; None leaves the axes as they are."""
        if pan_tilt is not None:
            self.pan = self.pan.go(now, pan_tilt[0], speed.pan)
            self.tilt = self.tilt.go(now, pan_tilt[1], speed.tilt)
        if zoom is not None:
            self.zoom = self.zoom.go(now, zoom, speed.zoom)

    def stop(self, now: float, *, pan_tilt: bool = True, zoom: bool = True) -> None:
        """Stand still."""
        self.drive(now, (0.0, 0.0) if pan_tilt else None, 0.0 if zoom else None, 0.0)
