"""Cohorts: cameras that play the same clip in the same phase, and so share RTP headers and bytes.

Everything is a function of the frame number, and the frame number of the clock: nothing needs to be remembered, and a
fleet that is started again goes on where a clock would be. Per camera only seven bytes differ, inside the watermark.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from citycam.wire import rtp, watermark
from simulators.fleet.script import Script
from simulators.media.clip import Audio
from simulators.rtsp.feed import EPOCH_NS, Feed

SLOT_MS = 8
_CLOCK = 90_000
_SECOND = 1_000_000_000
_INTERLEAVED = struct.Struct("!BBHBBHII")
PAYLOAD_TYPES = {"h264": 96, "h265": 96, "mjpeg": 26, "pcmu": 0, "pcma": 8, "aac": 97}
"""Static ones where there are any (RFC 3551 table 4 and 5)."""


def slots(fps: int) -> int:
    """Phases a frame period is cut into, a few milliseconds each."""
    return max(1, round(1000 / fps / SLOT_MS))


class Lanes(NamedTuple):
    """Interleaved channels of RTP (RFC 2326 10.12), RTCP goes on the next ones; -1 for audio that is not wanted."""

    video: int = 0
    audio: int = -1


class Cohort:
    """One phase of one clip. Times in ns since 1970; frame k is scheduled at epoch + k * 10^9 * den // num."""

    def __init__(self, script: Script, feed: Feed) -> None:
        self.script = script
        self.feed = feed
        slot, count = feed.slot, slots(script.fps)
        # At the declared rate, or a little beside it: as whole numbers, since frame numbers are large.
        self.num, self.den = script.fps, 1
        if feed.pace_ppb:
            self.num, self.den = script.fps * (_SECOND + feed.pace_ppb), _SECOND
        self.epoch_ns = EPOCH_NS + slot * _SECOND // (script.fps * count)
        first_gop = script.next_key(1)
        self.shift = slot * first_gop // count  # key frames of different phases do not come together either
        salt = f"/{feed.ssrc}" if feed.ssrc else ""
        self.ssrc = zlib.crc32(f"{script.name}/{slot}{salt}".encode())
        self.sound = Sound(script.audio, self) if script.audio is not None else None

    def scheduled(self, frame: int) -> int:
        """When a frame is due."""
        return self.epoch_ns + frame * _SECOND * self.den // self.num

    def frame_at(self, instant_ns: int) -> int:
        """The first frame that is due at `instant_ns` or later."""
        return -((self.epoch_ns - instant_ns) * self.num // (_SECOND * self.den))

    def is_key(self, frame: int) -> bool:
        """Whether a decoder can start at this frame."""
        return self.script.at(frame + self.shift).key

    def next_key(self, frame: int) -> int:
        """The first key frame that is `frame` or later."""
        return self.script.next_key(frame + self.shift) - self.shift

    def sequence(self, frame: int) -> int:
        """RTP sequence number of the frame's first packet, before it wraps at 16 bits."""
        return self.script.at(frame + self.shift).packets

    def timestamp(self, frame: int) -> int:
        """RTP timestamp of the moment when the frame is due: by the camera's own clock its frames come as declared."""
        return frame * _CLOCK // self.script.fps + self.feed.jump_ms * (_CLOCK // 1000) & 0xFFFFFFFF

    def starts(self, frame: int) -> tuple[int, int]:
        """Sequence number and timestamp of a frame's first packet."""
        at = self.script.at(frame + self.shift)
        return at.packets & 0xFFFF, self.timestamp(frame + at.reel.shifts[at.place])

    def wall_ns(self, frame: int) -> int:
        """What the camera's own clock shows when a frame is due."""
        return self.feed.clock.read(self.scheduled(frame))

    def render(self, frame: int, sent_ns: int) -> Rendered:
        """The bytes of a frame that is sent now."""
        return Rendered(self, frame, sent_ns)


class Sound:
    """The audio of a cohort: packets that fell due since the last frame ride along with the next one."""

    def __init__(self, audio: Audio, cohort: Cohort) -> None:
        self.codec, self.rate, self.config = audio.codec, audio.rate, audio.config
        self.payload_type = PAYLOAD_TYPES[audio.codec]
        self.ssrc = cohort.ssrc ^ 0x5A5A5A5A
        self._audio = audio
        self._fps = cohort.script.fps
        self._jump = cohort.feed.jump_ms * audio.rate // 1000
        self._octets = sum(map(len, audio.packets))

    def first(self, frame: int) -> int:
        """The first packet that does not ride with a frame before `frame`; also its sequence number."""
        return -(-frame * self._audio.rate // (self._fps * self._audio.samples))

    def starts(self, frame: int) -> tuple[int, int]:
        """Sequence number and timestamp of the first packet that rides with `frame`."""
        first = self.first(frame)
        return first & 0xFFFF, self.timestamp(first)

    def timestamp(self, packet: int) -> int:
        """RTP timestamp of a packet."""
        return packet * self._audio.samples + self._jump & 0xFFFFFFFF

    def packets(self, frame: int) -> list[bytes]:
        """RTP packets that ride with `frame`."""
        found, whole = self._audio.packets, self.codec == "aac"  # whole access units are marked (RFC 3640 3.1)
        return [
            rtp.header(self.payload_type, whole, number, self.timestamp(number), self.ssrc) + found[number % len(found)]
            for number in range(self.first(frame), self.first(frame + 1))
        ]

    def report(self, frame: int, wall_ns: int) -> bytes:
        """The sender report that goes with a key frame."""
        count = self.first(frame)
        now = frame * self._audio.rate // self._fps + self._jump
        octets = count * self._octets // len(self._audio.packets)
        return rtp.SenderReport(self.ssrc, wall_ns, now, count, octets).encode()


class Rendered:
    """One frame of a cohort, ready to be sent to any of its cameras: join `head`, the camera part and `tail`."""

    __slots__ = ("_at", "_datagrams", "_mark", "_others", "_streams", "cohort", "frame", "key", "packets", "sent_ns")

    def __init__(self, cohort: Cohort, frame: int, sent_ns: int) -> None:
        script = cohort.script
        at = self._at = script.at(frame + cohort.shift)
        self.cohort = cohort
        self.frame = frame
        self.sent_ns = sent_ns
        self.key = at.key
        self.packets = at.reel.packets[at.place]
        self._mark = b""
        if script.marked:
            self._mark = watermark.frame_part(frame, cohort.scheduled(frame), sent_ns, at.reel.checks[at.place])
        self._streams: dict[tuple[Lanes, int], tuple[bytes, bytes, int]] = {}
        self._datagrams: dict[int, tuple[list[bytes], bytes, bytes, list[bytes]]] = {}
        self._others: dict[Cohort, Rendered] = {}

    def of(self, cohort: Cohort) -> Rendered:
        """The frame of this number and this moment as another cohort has it."""
        if cohort is self.cohort:
            return self
        if cohort not in self._others:
            self._others[cohort] = cohort.render(self.frame, self.sent_ns)
        return self._others[cohort]

    def stream(self, lanes: Lanes, omitted: int) -> tuple[bytes, bytes, int]:
        """Interleaved bytes (RFC 2326 10.12) before and after the camera part, and the size of all three.

        Args:
            lanes: channels.
            omitted: packets this camera has left out so far.
        """
        found = self._streams.get((lanes, omitted))
        if found is None:
            found = self._streams[lanes, omitted] = self._stream(lanes, omitted)
        return found

    def _stream(self, lanes: Lanes, omitted: int) -> tuple[bytes, bytes, int]:
        at, script = self._at, self.cohort.script
        timestamp, ssrc = self._timestamp, self.cohort.ssrc
        kind = PAYLOAD_TYPES[script.codec]
        sequence = at.packets - omitted
        pack = _INTERLEAVED.pack
        head: list[bytes] = []
        for payload in at.reel.before[at.place]:
            size = len(payload) + rtp.HEADER_SIZE
            head += [pack(0x24, lanes.video, size, 0x80, kind, sequence & 0xFFFF, timestamp, ssrc), payload]
            sequence += 1
        tail = [self._mark]
        if script.marked:
            size = watermark.size(script.codec) + rtp.HEADER_SIZE
            head += [pack(0x24, lanes.video, size, 0x80, kind, sequence & 0xFFFF, timestamp, ssrc), script.prefix]
            sequence += 1
        after = at.reel.after[at.place]
        for payload in after:
            size = len(payload) + rtp.HEADER_SIZE
            second = kind | (payload is after[-1]) << 7
            tail += [pack(0x24, lanes.video, size, 0x80, second, sequence & 0xFFFF, timestamp, ssrc), payload]
            sequence += 1
        if self.key:
            tail += _framed(lanes.video + 1, self.report())
        if lanes.audio >= 0 and self.cohort.sound is not None:
            for packet in self.cohort.sound.packets(self.frame):
                tail += _framed(lanes.audio, packet)
            if self.key:
                tail += _framed(lanes.audio + 1, self.audio_report())
        first, last = b"".join(head), b"".join(tail)
        return first, last, len(first) + (watermark.CAMERA_SIZE if script.marked else 0) + len(last)

    @property
    def _timestamp(self) -> int:
        """Of presentation, which B-frames have in another order than they are sent."""
        return self.cohort.timestamp(self.frame + self._at.reel.shifts[self._at.place])

    def datagrams(self, omitted: int) -> tuple[list[bytes], bytes, bytes, list[bytes]]:
        """RTP packets before the watermark's, that one without its camera part (two pieces), and those after it.

        Of a stream without watermarks all packets are among the last.
        """
        found = self._datagrams.get(omitted)
        if found is None:
            at, script = self._at, self.cohort.script
            timestamp, ssrc = self._timestamp, self.cohort.ssrc
            sequence = at.packets - omitted
            before, after = at.reel.before[at.place], at.reel.after[at.place]
            marks = [False] * (self.packets - 1) + [True]
            headers = [
                rtp.header(PAYLOAD_TYPES[script.codec], mark, sequence + index, timestamp, ssrc)
                for index, mark in enumerate(marks)
            ]
            first, rest = len(before), len(before) + script.marked
            found = self._datagrams[omitted] = (
                [headers[index] + payload for index, payload in enumerate(before)],
                headers[first] + script.prefix if script.marked else b"",
                self._mark,
                [headers[rest + index] + payload for index, payload in enumerate(after)],
            )
        return found

    def sound(self) -> list[bytes]:
        """RTP packets of audio that ride along."""
        return self.cohort.sound.packets(self.frame) if self.cohort.sound is not None else []

    def report(self) -> bytes:
        """The sender report that goes with a key frame: the wall clock of the moment when it is due."""
        cohort, at = self.cohort, self._at
        octets = at.octets + at.reel.octets_before[at.place + 1] - at.reel.octets_before[at.place]
        now, packets = cohort.timestamp(self.frame), at.packets + self.packets
        return rtp.SenderReport(cohort.ssrc, cohort.wall_ns(self.frame), now, packets, octets).encode()

    def audio_report(self) -> bytes:
        """The same of the audio."""
        sound = self.cohort.sound
        return sound.report(self.frame, self.cohort.wall_ns(self.frame)) if sound is not None else b""


def _framed(channel: int, packet: bytes) -> tuple[bytes, bytes]:
    return bytes((0x24, channel, *len(packet).to_bytes(2, "big"))), packet
