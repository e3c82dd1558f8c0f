"""A clip: pictures that a camera plays in a loop, on disk (`clip.h264`, `index.json`…) and in memory.

A reel is a whole number of GOPs, so after its last frame its first one, or another reel's, follows without a seam.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from citycam.model.errors import EnvironmentFailure
from citycam.wire.watermark import media_check
from simulators.media.annexb import join, split

if TYPE_CHECKING:
    from citycam.model.codec import Codec

INDEX = "index.json"
SNAPSHOT = "snapshot-{:03d}.jpg"
"""Pictures of the first reel, one a second from its begin on."""
SCHEMA = 2

_SETS = {"h264": 2, "h265": 3, "mjpeg": 0}


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit.

    Attributes:
        slices: its NAL units; of Motion JPEG the one image.
        key: whether a decoder can start here.
        check: the `media` value of its watermark.
        shift: presentation minus decoding time in frames, 0 without B-frames. Never negative.
    """

    slices: tuple[bytes, ...]
    key: bool
    check: int
    shift: int = 0

    @classmethod
    def of(cls, slices: tuple[bytes, ...], *, key: bool, shift: int = 0) -> Unit:
        """A unit with the check of its slices."""
        return cls(slices, key, media_check(slices), shift)


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound beside the pictures, looped by itself: RTP payloads of `samples` samples each, `rate` samples a second.

    `config` is the AudioSpecificConfig of AAC (ISO/IEC 14496-3 1.6.2.1).
    """

    codec: Literal["pcmu", "pcma", "aac"]
    rate: int
    samples: int
    config: bytes
    packets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip in memory.

    Attributes:
        name: of its folder.
        codec: of the pictures.
        sets: SPS and PPS, for H.265 a VPS before them, for Motion JPEG none: the same for all reels.
        fps: frames a second.
        reels: access units in decoding order; each reel begins with a key frame, the first one is the usual one.
        hours: by hour of the day in Asia/Ho_Chi_Minh, which reel is played; empty if there is one only.
        audio: sound, if there is any.
        width, height: in pixels.
    """

    name: str
    codec: Codec
    sets: tuple[bytes, ...]
    fps: int
    reels: tuple[tuple[Unit, ...], ...]
    hours: tuple[int, ...] = ()
    audio: Audio | None = None
    width: int = 0
    height: int = 0


def stream_name(codec: Codec) -> str:
    """The file that holds the pictures of all reels, in a form that players understand."""
    return f"clip.{codec}"


def write_clip(folder: Path, clip: Clip, *, label: str) -> None:
    """Write the files of a clip.

    Raises:
        ValueError: it cannot be played in a loop.
    """
    _check(clip)
    data = bytearray()
    reels = [[_entry(unit, clip.codec, data) for unit in reel] for reel in clip.reels]
    usual = sum(entry["size"] for entry in reels[0])
    audio = clip.audio
    document = {
        "schema_version": SCHEMA,
        "label": label,
        "codec": clip.codec,
        "width": clip.width,
        "height": clip.height,
        "fps": clip.fps,
        "bitrate": usual * 8 * clip.fps // len(reels[0]),
        "sets": [unit.hex() for unit in clip.sets],
        "hours": clip.hours,
        "audio": audio
        and {
            "codec": audio.codec,
            "rate": audio.rate,
            "samples": audio.samples,
            "config": audio.config.hex(),
            "sizes": [len(packet) for packet in audio.packets],
        },
        "reels": reels,
    }
    (folder / stream_name(clip.codec)).write_bytes(data)
    if audio is not None:
        (folder / f"audio.{audio.codec}").write_bytes(b"".join(audio.packets))
    (folder / INDEX).write_text(json.dumps(document), encoding="utf-8")


def read_clip(folder: Path) -> Clip:
    """Read a clip from its folder.

    Raises:
        EnvironmentFailure: a file is missing or does not fit the others.
    """
    try:
        document = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        codec = document["codec"]
        data = (folder / stream_name(codec)).read_bytes()
        clip = Clip(
            folder.name,
            codec,
            tuple(map(bytes.fromhex, document["sets"])),
            document["fps"],
            tuple(tuple(_unit(data, entry, codec) for entry in reel) for reel in document["reels"]),
            tuple(document["hours"]),
            _audio(folder, document["audio"]),
            document["width"],
            document["height"],
        )
        _check(clip)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(
            "a clip cannot be read",
            where=str(folder),
            why=f"{type(error).__name__}: {error}",
            next="delete this folder and prepare the media again",
        ) from error
    return clip


def _check(clip: Clip) -> None:
    if len(clip.sets) != _SETS.get(clip.codec):
        raise ValueError(f"{len(clip.sets)} parameter sets do not describe {clip.codec}")
    if not clip.reels or not all(reel and reel[0].key for reel in clip.reels):
        raise ValueError("every reel must begin with a key frame")
    if clip.hours and (len(clip.hours) != 24 or not set(clip.hours) <= set(range(len(clip.reels)))):
        raise ValueError(f"hours {clip.hours} do not name one of {len(clip.reels)} reels each")
    if any(unit.shift < 0 for reel in clip.reels for unit in reel):
        raise ValueError("a frame is shown before it is decoded")
    delay = min(unit.shift + number for number, unit in enumerate(clip.reels[0]))
    for reel in clip.reels:
        shown = sorted(number + unit.shift for number, unit in enumerate(reel))
        if shown != list(range(delay, delay + len(reel))):
            raise ValueError("the frames of a reel are not shown one by one, all reels after the same delay")
    if clip.codec == "mjpeg" and not all(unit.key and len(unit.slices) == 1 for reel in clip.reels for unit in reel):
        raise ValueError("every frame of Motion JPEG is one image")


def _entry(unit: Unit, codec: Codec, data: bytearray) -> dict[str, Any]:
    """Append a unit to the stream; what the index says of it."""
    start = len(data)
    data += join(unit.slices) if codec != "mjpeg" else b"".join(unit.slices)
    return {
        "offset": start,
        "size": len(data) - start,
        "key": unit.key,
        "check": unit.check,
        **({"shift": unit.shift} if unit.shift else {}),
    }


def _unit(data: bytes, entry: dict[str, Any], codec: Codec) -> Unit:
    content = data[entry["offset"] : entry["offset"] + entry["size"]]
    slices = (content,) if codec == "mjpeg" else tuple(split(content))
    if not slices or media_check(slices) != entry["check"]:
        raise ValueError(f"the frame at {entry['offset']} is not what was encoded")
    return Unit(slices, entry["key"], entry["check"], entry.get("shift", 0))


def _audio(folder: Path, entry: dict[str, Any] | None) -> Audio | None:
    if entry is None:
        return None
    data = (folder / f"audio.{entry['codec']}").read_bytes()
    if sum(entry["sizes"]) != len(data):
        raise ValueError("the sound is not what was encoded")
    packets = tuple(_cut(data, entry["sizes"]))
    return Audio(entry["codec"], entry["rate"], entry["samples"], bytes.fromhex(entry["config"]), packets)


def _cut(data: bytes, sizes: Iterable[int]) -> Iterable[bytes]:
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
