"""Sound of a clip: a tone that beeps every second, as RTP payloads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from citycam.wire import aac, g711
from simulators.media import ffmpeg
from simulators.media.clip import Audio
from simulators.profiles.encoding import Sound

SECONDS = 8
_TONE = "sine=frequency=440:beep_factor=4:sample_rate={rate}:duration={seconds}"
_G711 = {"pcmu": ("pcm_mulaw", "mulaw"), "pcma": ("pcm_alaw", "alaw")}
_AAC_SAMPLES = 1024
"""Of an AAC-LC frame (ISO/IEC 14496-3 4.5.2.1.1)."""


def arguments(sound: Sound) -> list[str]:
    """Arguments of ffmpeg, which writes to stdout."""
    source = ["-f", "lavfi", "-i", _TONE.format(rate=sound.rate, seconds=SECONDS), "-ac", "1"]
    if sound.codec == "aac":
        return [*source, "-c:a", "aac", "-b:a", str(2 * sound.rate), "-f", "adts", "pipe:1"]
    encoder, form = _G711[sound.codec]
    return [*source, "-c:a", encoder, "-f", form, "pipe:1"]


def make(sound: Sound, folder: Path) -> Audio:
    """Sound, encoded now.

    Raises:
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    data = ffmpeg.run(f"{sound.codec} sound", arguments(sound), folder)
    if sound.codec != "aac":
        samples = round(sound.packet * sound.rate)
        return Audio(sound.codec, sound.rate, samples, b"", tuple(g711.packetize(data, samples)))
    try:
        frames = list(adts(data))
    except ValueError as error:
        raise ffmpeg.failure("aac sound", str(error)) from error
    return Audio("aac", sound.rate, _AAC_SAMPLES, frames[0][0], tuple(aac.packetize([unit]) for _, unit in frames))


def adts(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """AudioSpecificConfig and access unit of each frame (ISO/IEC 14496-3 1.A.2.2 and 1.6.2.1).

    Raises:
        ValueError: the data is none, cut, or something else.
    """
    at = 0
    while at < len(data) or not at:
        head = data[at : at + 7]
        size = int.from_bytes(head[3:6], "big") >> 5 & 0x1FFF
        skipped = 7 if head[1:2] and head[1] & 1 else 9
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or not skipped < size <= len(data) - at:
            raise ValueError(f"no ADTS frame at {at}")
        type_, index, channels = (head[2] >> 6) + 1, head[2] >> 2 & 0x0F, (head[2] & 1) << 2 | head[3] >> 6
        config = type_ << 11 | index << 7 | channels << 3
        yield config.to_bytes(2, "big"), data[at + skipped : at + size]
        at += size
