"""Clips on disk: what is read is what was written, or an error says which folder to delete."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure
from simulators.media.clip import INDEX, Audio, Clip, Unit, read_clip, stream_name, write_clip

KEY, OTHER = Unit.of((b"\x65\x88\x01",), key=True), Unit.of((b"\x41\x9a\x01", b"\x41\x1a\x02"), key=False)
CLIP = Clip("test", "h264", (b"\x67\x42", b"\x68\xce"), 10, ((KEY, OTHER, KEY, OTHER),), width=32, height=16)
STREAM = stream_name("h264")
SOUND = Audio("aac", 16_000, 1024, b"\x14\x08", (b"one", b"another", b"x"))
IMAGE = Unit.of((b"\xff\xd8 \x00\x00\x01 \xff\xd9",), key=True)


def write(folder: Path, clip: Clip = CLIP) -> Path:
    folder.mkdir(exist_ok=True)
    write_clip(folder, clip, label="test")
    return folder


@pytest.mark.parametrize(
    "clip",
    [
        CLIP,
        replace(CLIP, audio=SOUND),
        replace(CLIP, reels=(CLIP.reels[0], (KEY, OTHER, OTHER)), hours=(1,) * 6 + (0,) * 18),
        replace(CLIP, reels=((replace(KEY, shift=1), replace(OTHER, shift=2), OTHER),)),
        replace(CLIP, codec="h265", sets=(b"\x40\x01", b"\x42\x01", b"\x44\x01")),
        replace(CLIP, codec="mjpeg", sets=(), reels=((IMAGE, IMAGE),)),
    ],
    ids=["plain", "audio", "day", "b-frames", "h265", "mjpeg"],
)
def test_a_clip_survives_the_disk(tmp_path: Path, clip: Clip) -> None:
    assert read_clip(write(tmp_path / "test", clip)) == clip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"reels": ()}, "begin with a key frame"),
        ({"reels": (CLIP.reels[0], ())}, "begin with a key frame"),
        ({"reels": ((OTHER, KEY),)}, "begin with a key frame"),
        ({"sets": (b"\x67",)}, "1 parameter sets do not describe h264"),
        ({"hours": (0,) * 23}, "do not name one of 1 reels"),
        ({"hours": (1,) * 24}, "do not name one of 1 reels"),
        ({"reels": ((KEY, replace(OTHER, shift=-1)),)}, "before it is decoded"),
        ({"reels": ((KEY, replace(OTHER, shift=1)),)}, "not shown one by one"),
        ({"reels": ((KEY, OTHER), (replace(KEY, shift=1),))}, "after the same delay"),
        ({"codec": "mjpeg", "sets": ()}, "one image"),
    ],
)
def test_what_cannot_be_looped_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        write(tmp_path, replace(CLIP, **change))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [STREAM, INDEX, "audio.aac"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path, replace(CLIP, audio=SOUND)) / name).unlink()
    with pytest.raises(EnvironmentFailure) as caught:
        read_clip(tmp_path)
    assert name in caught.value.why
    assert "prepare the media again" in caught.value.next


@pytest.mark.parametrize("name", [STREAM, INDEX, "audio.aac"])
def test_a_damaged_file_is_no_clip(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, replace(CLIP, audio=SOUND)) / name
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(EnvironmentFailure):
        read_clip(tmp_path)


def test_a_changed_byte_of_a_picture_is_found(tmp_path: Path) -> None:
    file = write(tmp_path) / STREAM
    file.write_bytes(file.read_bytes()[:-1] + b"\x77")
    with pytest.raises(EnvironmentFailure, match="cannot be read") as caught:
        read_clip(tmp_path)
    assert "is not what was encoded" in caught.value.why
