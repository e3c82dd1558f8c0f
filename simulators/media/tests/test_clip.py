"""Clips on disk: what is read is what was written, or an error says which folder to delete."""

from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.errors import EnvironmentFailure
from citycam.wire.watermark import media_check
from simulators.media.annexb import Elementary, Picture
from simulators.media.clip import INDEX, STREAM, read_clip, write_clip

KEY, OTHER = Picture((b"\x65\x88\x01",), True), Picture((b"\x41\x9a\x01", b"\x41\x1a\x02"), False)


def write(folder: Path, *pictures: Picture) -> Path:
    write_clip(folder, Elementary(b"\x67\x42", b"\x68\xce", pictures), fps=10, gop=2, label="test")
    return folder


def test_a_clip_survives_the_disk(tmp_path: Path) -> None:
    clip = read_clip(write(tmp_path, KEY, OTHER, KEY, OTHER))
    assert (clip.name, clip.sps, clip.pps, clip.fps, clip.gop) == (tmp_path.name, b"\x67\x42", b"\x68\xce", 10, 2)
    assert [(unit.slices, unit.key) for unit in clip.units] == [(KEY.units, True), (OTHER.units, False)] * 2
    assert [unit.check for unit in clip.units] == [media_check(KEY.units), media_check(OTHER.units)] * 2


@pytest.mark.parametrize("pictures", [(KEY,), (KEY, OTHER, OTHER), (KEY, KEY), (KEY, OTHER, OTHER, KEY)])
def test_only_whole_gops_loop_without_a_seam(tmp_path: Path, pictures: tuple[Picture, ...]) -> None:
    with pytest.raises(ValueError, match="not whole GOPs of 2"):
        write(tmp_path, *pictures)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [STREAM, INDEX])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    (write(tmp_path, KEY, OTHER) / name).unlink()
    with pytest.raises(EnvironmentFailure) as caught:
        read_clip(tmp_path)
    assert name in caught.value.why
    assert "prepare the media again" in caught.value.next


@pytest.mark.parametrize("name", [STREAM, INDEX])
def test_a_damaged_file_is_no_clip(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, KEY, OTHER) / name
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(EnvironmentFailure):
        read_clip(tmp_path)


def test_a_changed_byte_of_a_picture_is_found(tmp_path: Path) -> None:
    file = write(tmp_path, KEY, OTHER) / STREAM
    file.write_bytes(file.read_bytes()[:-1] + b"\x77")
    with pytest.raises(EnvironmentFailure, match="cannot be read") as caught:
        read_clip(tmp_path)
    assert "is not what was encoded" in caught.value.why
