"""A script: a clip cut into RTP payloads, once for all cohorts that play it, and what comes when in it.

Frames are counted without end. A script says where in its clip frame k is and how many packets came before it, by
arithmetic alone: with a day curve each hour of the day has its reel, and starts with that reel's first frame.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate

from citycam.wire import watermark
from citycam.wire.payloads import payloads
from simulators.media.clip import Audio, Clip, Unit

PACKET_LIMIT = 1400
_HOURS = 24
_FIRST_HOUR = 7
"""Frame 0 of every camera is at midnight UTC, and hours are those of Asia/Ho_Chi_Minh."""


class Reel:
    """Pictures that are played one after another, as payloads; the first is a key frame."""

    def __init__(self, clip: Clip, units: tuple[Unit, ...]) -> None:
        self.checks = [unit.check for unit in units]
        self.shifts = [unit.shift for unit in units]
        self.keys = [place for place, unit in enumerate(units) if unit.key]
        self.is_key = [unit.key for unit in units]
        # A gateway stores [parameter sets][watermark][slices]; sent in this order, what is stored is what was sent.
        marked = clip.codec != "mjpeg"
        sets = payloads(clip.codec, clip.sets, PACKET_LIMIT) if clip.sets else []
        self.before = [sets if unit.key else [] for unit in units]
        self.after = [payloads(clip.codec, unit.slices, PACKET_LIMIT) for unit in units]
        pairs = list(zip(self.before, self.after, strict=True))
        mark = watermark.size(clip.codec) if marked else 0
        self.packets = [len(before) + marked + len(after) for before, after in pairs]
        self.packets_before = [0, *accumulate(self.packets)]
        octets = [sum(map(len, before)) + mark + sum(map(len, after)) for before, after in pairs]
        self.octets_before = [0, *accumulate(octets)]

    def __len__(self) -> int:
        return len(self.packets)

    def sums(self, frames: int) -> tuple[int, int]:
        """Packets and octets of the reel's first `frames` frames, played in a loop."""
        loops, place = divmod(frames, len(self))
        packets, octets = self.packets_before, self.octets_before
        return loops * packets[-1] + packets[place], loops * octets[-1] + octets[place]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a frame is: in which reel, at which place; and the packets and octets that came before it."""

    reel: Reel
    place: int
    packets: int
    octets: int

    @property
    def key(self) -> bool:
        """Whether a decoder can start here."""
        return self.reel.is_key[self.place]


_FILLER = {"h264": b"\x0c", "h265": b"\x4c\x01"}
"""NAL unit headers of filler data (ITU-T H.264 table 7-1, H.265 table 7-1)."""


def filled(clip: Clip, times: int) -> Clip:
    """The clip with pictures `times` as large; MJPEG, which has no filler, as it is."""
    head = _FILLER.get(clip.codec)
    if head is None or times == 1:
        return clip
    return replace(clip, reels=tuple(tuple(_filled(unit, head, times) for unit in reel) for reel in clip.reels))


def _filled(unit: Unit, head: bytes, times: int) -> Unit:
    size = sum(map(len, unit.slices)) * (times - 1)
    slices = (*unit.slices, head + b"\xff" * size + b"\x80")
    return replace(unit, slices=slices, check=watermark.media_check(slices))


class Script:
    """A clip as it is sent; the clip itself need not be kept."""

    def __init__(self, clip: Clip) -> None:
        self.name, self.codec, self.sets, self.fps = clip.name, clip.codec, clip.sets, clip.fps
        self.size = clip.width, clip.height
        self.marked = clip.codec != "mjpeg"
        self.prefix = watermark.prefix(clip.codec) if self.marked else b""
        self.audio: Audio | None = clip.audio
        self.reels = [Reel(clip, units) for units in clip.reels]
        hours = clip.hours or (0,) * _HOURS
        self._day = [self.reels[hours[(hour + _FIRST_HOUR) % _HOURS]] for hour in range(_HOURS)]
        self._varies = len(self.reels) > 1
        self._hour_frames = 3600 * clip.fps
        sums = [reel.sums(self._hour_frames) for reel in self._day]
        self._packets_before = [0, *accumulate(packets for packets, _ in sums)]
        self._octets_before = [0, *accumulate(octets for _, octets in sums)]

    @property
    def frames(self) -> int:
        """Length of the usual reel."""
        return len(self.reels[0])

    def at(self, frame: int) -> Place:
        """Where frame `frame` is, counted from 0."""
        reel, packets, octets, within = self.reels[0], 0, 0, frame
        if self._varies:
            hours, within = divmod(frame, self._hour_frames)
            days, hour = divmod(hours, _HOURS)
            reel = self._day[hour]
            packets = days * self._packets_before[-1] + self._packets_before[hour]
            octets = days * self._octets_before[-1] + self._octets_before[hour]
        more_packets, more_octets = reel.sums(within)
        return Place(reel, within % len(reel), packets + more_packets, octets + more_octets)

    def next_key(self, frame: int) -> int:
        """The first key frame that is `frame` or later."""
        at = self.at(frame)
        behind = bisect_right(at.reel.keys, at.place - 1)
        wait = (at.reel.keys[behind] if behind < len(at.reel.keys) else len(at.reel)) - at.place
        if self._varies:  # the next hour begins with a key frame, wherever this one is
            wait = min(wait, -frame % self._hour_frames or wait)
        return frame + wait
