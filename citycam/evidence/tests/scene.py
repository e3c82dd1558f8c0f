"""What cameras send in tests: frames of any codec that carry watermarks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from citycam.evidence.ledger import Clock
from citycam.wire import watermark

TIMESCALE = 90_000
SPS = bytes.fromhex("6742c01ed9016096101000000300100000030320f162ea00")
PPS = bytes.fromhex("68cb8cb2")
VPS = bytes.fromhex("40010c01ffff01600000030090000003000003005d959809")
HEVC_SPS = bytes.fromhex("42010101600000030090000003000003005da00580805916595d24c8")
HEVC_PPS = bytes.fromhex("4401c172b46240")
SETS = {"h264": (SPS, PPS), "h265": (VPS, HEVC_SPS, HEVC_PPS), "mjpeg": ()}


@dataclass(frozen=True)
class Sample:
    """A sample as the recorder gets it: length-prefixed NAL units; `time` in ticks from the segment's start.

    `shift` is its composition offset in ticks.
    """

    payload: bytes
    key: bool
    time: int
    duration: int
    shift: int = 0


@dataclass(frozen=True)
class Layout:
    """What a file holds: video of a codec, and sound or not."""

    codec: Literal["h264", "h265", "mjpeg"] = "h264"
    sound: bool = False

    @property
    def sets(self) -> tuple[bytes, ...]:
        return SETS[self.codec]


H264 = Layout()


def avcc(units: Iterable[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


@dataclass(frozen=True)
class Scene:
    """Pictures all cameras send: `gop` frames, first a key frame, of random bytes in so many `slices`.

    `shifts` are how many frames later than decoded each of some consecutive frames is shown.
    """

    gop: int = 20
    key_size: int = 400
    delta_size: int = 120
    seed: int = 7
    layout: Layout = H264
    slices: int = 1
    shifts: tuple[int, ...] = (0,)
    pictures: list[list[bytes]] = field(init=False)
    checks: list[int] = field(init=False)

    def __post_init__(self) -> None:
        random_bytes = random.Random(self.seed).randbytes
        key, delta = (b"\x65", b"\x41") if self.layout.codec == "h264" else (b"\x26\x01", b"\x02\x01")
        sizes = [(key, self.key_size), *[(delta, self.delta_size)] * (self.gop - 1)]
        units = [[head + random_bytes(size) for _ in range(self.slices)] for head, size in sizes]
        object.__setattr__(self, "pictures", units)
        object.__setattr__(self, "checks", [watermark.media_check(unit) for unit in units])

    def is_key(self, frame: int) -> bool:
        return self.layout.codec == "mjpeg" or frame % self.gop == 0

    def payload(self, camera: int, frame: int, clock: Clock) -> bytes:
        place = frame % self.gop
        if self.layout.codec == "mjpeg":
            return b"\xff\xd8\xff\xdb" + self.pictures[place][0] + b"%06d" % frame + b"\xff\xd9"
        due = clock.epoch_ns + frame * 10**9 * clock.den // clock.num
        mark = watermark.nal(watermark.Watermark(camera, frame, due, due + 1_000_000, self.checks[place]))
        mark = watermark.prefix(self.layout.codec) + mark[len(watermark.PREFIX) :]
        return avcc([*(self.layout.sets if place == 0 else []), mark, *self.pictures[place]])

    def samples(self, camera: int, first: int, stop: int, clock: Clock) -> list[Sample]:
        ticks = TIMESCALE * clock.den // clock.num
        return [
            Sample(
                self.payload(camera, frame, clock), self.is_key(frame), (frame - first) * ticks, ticks,
                self.shifts[frame % len(self.shifts)] * ticks,
            )
            for frame in range(first, stop)
        ]  # fmt: skip
