"""A clip: pictures that a camera plays in a loop, on disk (`clip.h264`, `index.json`) and in memory.

A clip is a whole number of GOPs, so after its last frame its first one follows without a seam.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycam.model.errors import EnvironmentFailure
from citycam.wire.watermark import media_check
from simulators.media.annexb import START_CODE, Elementary, split

STREAM, INDEX = "clip.h264", "index.json"


@dataclass(frozen=True, slots=True)
class Unit:
    """One access unit: its slices, whether it is a key frame, and the `media` value of its watermark."""

    slices: tuple[bytes, ...]
    key: bool
    check: int


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip in memory. `gop` is in frames."""

    name: str
    sps: bytes
    pps: bytes
    fps: int
    gop: int
    units: tuple[Unit, ...]


def write_clip(folder: Path, stream: Elementary, *, fps: int, gop: int, label: str) -> None:
    """Write the two files of a clip.

    Raises:
        ValueError: a key frame is missing or out of place: the clip would not loop without a seam.
    """
    pictures = stream.pictures
    keys = [index for index, picture in enumerate(pictures) if picture.key]
    if len(pictures) % gop or keys != list(range(0, len(pictures), gop)):
        raise ValueError(f"{len(pictures)} frames with key frames at {keys[:5]}… are not whole GOPs of {gop}")
    data = bytearray()
    index: list[dict[str, Any]] = []
    for picture in pictures:
        start = len(data)
        for unit in picture.units:
            data += START_CODE + unit
        index.append(
            {"offset": start, "size": len(data) - start, "key": picture.key, "check": media_check(picture.units)}
        )
    document = {
        "schema_version": 1,
        "label": label,
        "fps": fps,
        "gop": gop,
        "bitrate": len(data) * 8 * fps // len(pictures),
        "sps": stream.sps.hex(),
        "pps": stream.pps.hex(),
        "frames": index,
    }
    (folder / STREAM).write_bytes(data)
    (folder / INDEX).write_text(json.dumps(document), encoding="utf-8")


def read_clip(folder: Path) -> Clip:
    """Read a clip from its folder.

    Raises:
        EnvironmentFailure: a file is missing or does not fit the other.
    """
    try:
        document = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        data = (folder / STREAM).read_bytes()
        units = tuple(_unit(data, entry) for entry in document["frames"])
        return Clip(
            folder.name,
            bytes.fromhex(document["sps"]),
            bytes.fromhex(document["pps"]),
            document["fps"],
            document["gop"],
            units,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnvironmentFailure(
            "a clip cannot be read",
            where=str(folder),
            why=f"{type(error).__name__}: {error}",
            next="delete this folder and prepare the media again",
        ) from error


def _unit(data: bytes, entry: dict[str, Any]) -> Unit:
    slices = tuple(split(data[entry["offset"] : entry["offset"] + entry["size"]]))
    if not slices or media_check(slices) != entry["check"]:
        raise ValueError(f"the frame at {entry['offset']} is not what was encoded")
    return Unit(slices, entry["key"], entry["check"])
