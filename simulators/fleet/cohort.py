"""Cohorts: cameras that play the same clip in the same phase, and so share RTP headers and bytes.

Everything is a function of the frame number, and the frame number of the clock: nothing needs to be remembered, and a
fleet that is started again goes on where a clock would be. Per camera only seven bytes differ, inside the watermark.
"""

from __future__ import annotations

import struct
import zlib
from itertools import accumulate

from citycam.wire import rtp, watermark
from simulators.media.clip import Clip

EPOCH_NS = 1_735_689_600_000_000_000
"""Frame 0 of every camera, before its phase: 2025-01-01T00:00:00Z."""
PAYLOAD_TYPE = 96
PACKET_LIMIT = 1400
SLOT_MS = 8
_CLOCK = 90_000
_INTERLEAVED = struct.Struct("!BBHBBHII")


def slots(fps: int) -> int:
    """Phases a frame period is cut into, a few milliseconds each."""
    return max(1, round(1000 / fps / SLOT_MS))


class Script:
    """A clip cut into RTP payloads, once for all cohorts that play it; the clip itself need not be kept."""

    def __init__(self, clip: Clip) -> None:
        self.name, self.fps, self.gop = clip.name, clip.fps, clip.gop
        self.sps, self.pps = clip.sps, clip.pps
        self.checks = [unit.check for unit in clip.units]
        # The gateway stores [SPS][PPS][watermark][slices]; sent in this order, what is stored is what was sent.
        sets = [rtp.aggregate((clip.sps, clip.pps))]
        self.before = [sets if unit.key else [] for unit in clip.units]
        self.after = [
            [payload for piece in unit.slices for payload in rtp.packetize(piece, PACKET_LIMIT)] for unit in clip.units
        ]
        pairs = list(zip(self.before, self.after, strict=True))
        self.packets = [len(before) + 1 + len(after) for before, after in pairs]
        self.packets_before = [0, *accumulate(self.packets)]
        octets = [sum(map(len, before)) + watermark.SIZE + sum(map(len, after)) for before, after in pairs]
        self.octets_before = [0, *accumulate(octets)]


class Cohort:
    """One phase of one clip. Times in ns since 1970; frame k is scheduled at epoch + k * 10^9 * den // num."""

    def __init__(self, script: Script, slot: int) -> None:
        self.script = script
        self.num, self.den = script.fps, 1
        count = slots(script.fps)
        self.epoch_ns = EPOCH_NS + slot * 1_000_000_000 // (script.fps * count)
        self.shift = slot * script.gop // count  # key frames of different phases do not come together either
        self.ssrc = zlib.crc32(f"{script.name}/{slot}".encode())
        self._frames = len(script.packets)

    def scheduled(self, frame: int) -> int:
        """When a frame is due."""
        return self.epoch_ns + frame * 1_000_000_000 * self.den // self.num

    def frame_at(self, instant_ns: int) -> int:
        """The first frame that is due at `instant_ns` or later."""
        return -((self.epoch_ns - instant_ns) * self.num // (1_000_000_000 * self.den))

    def is_key(self, frame: int) -> bool:
        """Whether a decoder can start at this frame."""
        return (frame + self.shift) % self.script.gop == 0

    def next_key(self, frame: int) -> int:
        """The first key frame that is `frame` or later."""
        return frame + -(frame + self.shift) % self.script.gop

    def sequence(self, frame: int) -> int:
        """RTP sequence number of the frame's first packet, before it wraps at 16 bits."""
        loops, place = divmod(frame + self.shift, self._frames)
        return loops * self.script.packets_before[-1] + self.script.packets_before[place]

    def timestamp(self, frame: int) -> int:
        """RTP timestamp of the frame."""
        return frame * _CLOCK * self.den // self.num & 0xFFFFFFFF

    def render(self, frame: int, sent_ns: int) -> Rendered:
        """The bytes of a frame that is sent now."""
        return Rendered(self, frame, sent_ns)


class Rendered:
    """One frame of a cohort, ready to be sent to any of its cameras: join `head`, the camera part and `tail`."""

    __slots__ = ("_datagrams", "_mark", "_streams", "cohort", "frame", "key", "packets", "place", "sequence")

    def __init__(self, cohort: Cohort, frame: int, sent_ns: int) -> None:
        script = cohort.script
        self.cohort = cohort
        self.frame = frame
        self.place = (frame + cohort.shift) % len(script.packets)
        self.key = self.place % script.gop == 0
        self.packets = script.packets[self.place]
        self.sequence = cohort.sequence(frame)
        self._mark = watermark.frame_part(frame, cohort.scheduled(frame), sent_ns, script.checks[self.place])
        self._streams: dict[tuple[int, int], tuple[bytes, bytes, int]] = {}
        self._datagrams: dict[int, tuple[list[bytes], bytes, bytes, list[bytes]]] = {}

    def stream(self, channel: int, omitted: int) -> tuple[bytes, bytes, int]:
        """Interleaved bytes (RFC 2326 10.12) before and after the camera part, and the size of all three.

        Args:
            channel: of RTP; RTCP goes on the next one.
            omitted: packets this camera has left out so far.
        """
        found = self._streams.get((channel, omitted))
        if found is None:
            found = self._streams[channel, omitted] = self._stream(channel, omitted)
        return found

    def _stream(self, channel: int, omitted: int) -> tuple[bytes, bytes, int]:
        timestamp, ssrc = self.cohort.timestamp(self.frame), self.cohort.ssrc
        sequence = self.sequence - omitted
        pack = _INTERLEAVED.pack
        script = self.cohort.script
        head: list[bytes] = []
        for payload in script.before[self.place]:
            size = len(payload) + rtp.HEADER_SIZE
            head += [pack(0x24, channel, size, 0x80, PAYLOAD_TYPE, sequence & 0xFFFF, timestamp, ssrc), payload]
            sequence += 1
        size = watermark.SIZE + rtp.HEADER_SIZE
        head += [pack(0x24, channel, size, 0x80, PAYLOAD_TYPE, sequence & 0xFFFF, timestamp, ssrc), watermark.PREFIX]
        tail = [self._mark]
        after = script.after[self.place]
        for payload in after:
            sequence += 1
            size = len(payload) + rtp.HEADER_SIZE
            second = PAYLOAD_TYPE | (payload is after[-1]) << 7
            tail += [pack(0x24, channel, size, 0x80, second, sequence & 0xFFFF, timestamp, ssrc), payload]
        if self.key:
            report = self.report()
            tail += [bytes((0x24, channel + 1, 0, len(report))), report]
        first, last = b"".join(head), b"".join(tail)
        return first, last, len(first) + watermark.CAMERA_SIZE + len(last)

    def datagrams(self, omitted: int) -> tuple[list[bytes], bytes, bytes, list[bytes]]:
        """RTP packets before the watermark's, that one without its camera part (two pieces), and those after it."""
        found = self._datagrams.get(omitted)
        if found is None:
            timestamp, ssrc = self.cohort.timestamp(self.frame), self.cohort.ssrc
            sequence = self.sequence - omitted
            before = self.cohort.script.before[self.place]
            after = self.cohort.script.after[self.place]
            marks = [False] * (len(before) + len(after)) + [True]
            headers = [
                rtp.header(PAYLOAD_TYPE, mark, sequence + index, timestamp, ssrc) for index, mark in enumerate(marks)
            ]
            first = len(before)
            found = self._datagrams[omitted] = (
                [headers[index] + payload for index, payload in enumerate(before)],
                headers[first] + watermark.PREFIX,
                self._mark,
                [headers[first + 1 + index] + payload for index, payload in enumerate(after)],
            )
        return found

    def report(self) -> bytes:
        """The sender report that goes with a key frame: its schedule is the wall clock of its timestamp."""
        cohort = self.cohort
        loops = (self.frame + cohort.shift) // len(cohort.script.packets)
        octets = loops * cohort.script.octets_before[-1] + cohort.script.octets_before[self.place + 1]
        wall = cohort.scheduled(self.frame)
        packets = self.sequence + self.packets
        return rtp.SenderReport(cohort.ssrc, wall, cohort.timestamp(self.frame), packets, octets).encode()
