"""What a stream really is, by the RTP packets that came: codec, size, frames a second, bits a second.

The bit rate is that of whole groups of pictures, from a key frame to a key frame: one key frame more or less would
change a rate over seconds by a third. Where the device tells how long its groups are, part of one does: its key frame,
and as many other frames of their mean size. Payloads are counted (RFC 3550 5.1), without the headers of RTP and below.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citycam.wire.jpeg import Image, JpegSyntaxError
from citycam.wire.payloads import depacketizer
from citycam.wire.pictures import AccessUnit
from citycam.wire.rtp import Packet
from citycam.wire.sps import Picture, picture

PATIENCE = 3.0
"""How many times the wanted length is waited for a key frame."""
_WRAP = 1 << 32


@dataclass(frozen=True)
class Measured:
    """A stream as it came. `whole`: over whole groups of pictures. `bitrate` in bits a second; `seconds` by RTP time.

    What was too short to tell is None.
    """

    seconds: float
    frames: int
    fps: float | None
    bitrate: int | None
    picture: Picture | None
    packets: int
    lost: int
    whole: bool


class Measurement:
    """Takes packets until it knows enough.

    Args:
        codec: as `citycam.wire.sdp.Media.codec` says; of one that has no depacketizer only packets are counted.
        clock_rate: ticks of the RTP timestamp a second.
        seconds: how long to measure at least.
        sets: parameter sets of the session description.
        group: frames from one key frame to the next, as the device tells; 0 if it does not.
    """

    def __init__(self, codec: str, clock_rate: int, seconds: float, sets: Sequence[bytes] = (), group: int = 0) -> None:
        self.codec = codec
        self._group = group
        self._clock = clock_rate
        self._seconds = seconds
        self._pictures = depacketizer(codec)
        self._packets = 0
        self._size = 0
        self._last: int | None = None
        self._now = 0
        self._frames: list[tuple[int, int]] = []
        """RTP time, never wrapping, and bytes of each picture since the first key frame."""
        self._end: tuple[int, int] | None = None
        """RTP time and number of pictures at the latest key frame."""
        self._picture = picture(codec, sets)

    @property
    def enough(self) -> bool:
        """Whether as much came as is wanted: whole groups of pictures, or a part of one whose length is known."""
        return self._whole or (self._group > 1 and len(self._frames) > 2 and self._long(self._now))

    @property
    def _whole(self) -> bool:
        return self._end is not None and self._long(self._end[0])

    def _long(self, now: int) -> bool:
        return now - self._frames[0][0] >= self._seconds * self._clock

    def feed(self, packet: Packet) -> None:
        """Take a packet of the video track, in its order of arrival."""
        self._packets += 1
        self._size += len(packet.payload)
        if self._pictures is None:
            if packet.marker:
                self._add(packet.timestamp, True)
            return
        for unit in self._pictures.feed(packet):
            self._look(unit)
            self._add(unit.timestamp, unit.key)

    def _add(self, timestamp: int, key: bool) -> None:
        step = 0 if self._last is None else (timestamp - self._last + _WRAP // 2) % _WRAP - _WRAP // 2
        self._last = timestamp
        self._now += step
        if key and self._frames:
            self._end = self._now, len(self._frames)
        if key or self._frames:
            self._frames.append((self._now, self._size))
        self._size = 0

    def _look(self, unit: AccessUnit) -> None:
        if self._picture is None and unit.complete:
            if self.codec == "mjpeg":
                try:
                    image = Image.parse(unit.units[0])
                except JpegSyntaxError:
                    return
                self._picture = Picture(image.width, image.height)
            else:
                self._picture = picture(self.codec, unit.units)

    def result(self) -> Measured:
        """What came until now."""
        whole = self._whole
        end = self._end if whole else None
        frames = self._frames[: end[1]] if end is not None else self._frames
        lost = self._pictures.lost if self._pictures is not None else 0
        times = [at for at, _ in frames]
        first = min(times, default=0)
        if end is not None:
            span = (end[0] - first) / self._clock
            fps = len(frames) / span
        else:
            between = (max(times, default=0) - first) / self._clock
            fps = (len(frames) - 1) / between if between > 0 else 0.0
            span = between + 1 / fps if fps else 0.0
        known = span > 0 and len(frames) > 1
        bits = 8 * sum(size for _, size in frames)
        if known and not whole and self._group > 1 and self._end is None:
            others = (bits - 8 * frames[0][1]) / (len(frames) - 1)
            bits = round(span * fps * (8 * frames[0][1] + others * (self._group - 1)) / self._group)
        return Measured(
            round(span, 3),
            len(frames),
            round(fps, 2) if known else None,
            round(bits / span) if known else None,
            self._picture,
            self._packets,
            lost,
            whole,
        )
