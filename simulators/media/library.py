"""The clips of a fleet: which camera plays what, and where the fleet finds it (`media.json`)."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from citycam.model.camera import Camera, Stream
from citycam.model.errors import ConfigError
from simulators.media.encode import GENERATED, Recipe, encode
from simulators.profiles.profile import load_profile

logger = logging.getLogger(__name__)

CATALOGUE = "media.json"
VIDEO = {".mp4", ".mkv", ".mov", ".avi", ".ts", ".m4v", ".webm", ".mpg", ".mpeg", ".h264", ".264", ".flv", ".wmv"}
MOST_CLIPS = 4
"""Clips of one kind of stream: more would cost memory and show nothing new."""


@dataclass(frozen=True, slots=True)
class MediaSet:
    """Folders of clips by kind of stream. Cameras of a kind are spread over its clips."""

    folder: Path
    clips: dict[str, tuple[str, ...]]

    def clips_of(self, camera: Camera) -> tuple[str, ...]:
        """Names of the clips a camera may play; empty if none was prepared."""
        return self.clips.get(kind_of(camera), ())


def kind_of(camera: Camera) -> str:
    """What cameras must have in common to play the same clip: `generic-d1/h264/704x576/10/256000`."""
    return kind(camera.model, camera.stream)


def kind(model: str, stream: Stream) -> str:
    """The key of `MediaSet.clips`."""
    return f"{model}/{stream.codec}/{stream.width}x{stream.height}/{stream.fps}/{stream.bitrate}"


def prepare_media(cameras: Iterable[Camera], footage: Path | None, cache: Path, destination: Path) -> MediaSet:
    """Encode every clip that `cameras` need, once, and place them where the fleet reads them.

    Args:
        cameras: their models and streams decide the kinds of clips.
        footage: a video file or a folder of them; None for generated pictures.
        cache: `citycam.model.workspace.cache_folder()`; clips go under `media/`.
        destination: the fleet's media folder; hard links where possible, else copies.

    Raises:
        ConfigError: unknown model, or footage that is missing or no video.
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    sources = _sources(footage)
    kinds = {kind_of(camera): (camera.model, camera.stream) for camera in cameras}
    destination.mkdir(parents=True, exist_ok=True)
    clips = dict(read_catalogue(destination).clips)
    for name, (model, stream) in sorted(kinds.items()):
        clips[name] = tuple(
            _place(encode(_recipe(source, model, stream), cache / "media"), destination) for source in sources
        )
    chosen = MediaSet(destination, clips)
    text = json.dumps({"schema_version": 1, "clips": chosen.clips}, indent=1)
    temporary = destination / f".{CATALOGUE}.new"
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, destination / CATALOGUE)
    return chosen


def read_catalogue(folder: Path) -> MediaSet:
    """The clips that were placed in a folder; empty if there are none yet.

    Raises:
        ConfigError: `media.json` is not one of ours.
    """
    path = folder / CATALOGUE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return MediaSet(folder, {name: tuple(names) for name, names in document["clips"].items()})
    except FileNotFoundError:
        return MediaSet(folder, {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            "the list of clips cannot be read", where=str(path), why=str(error), next="prepare the media again"
        ) from error


def _sources(footage: Path | None) -> list[str | Path]:
    if footage is None:
        return list(GENERATED)
    if footage.is_file():
        return [footage.resolve()]
    files = (
        sorted(file.resolve() for file in footage.iterdir() if file.suffix.lower() in VIDEO) if footage.is_dir() else []
    )
    if not files:
        found = "there is no such file or folder" if not footage.exists() else "the folder holds no video file"
        raise ConfigError(
            "footage not found", where=str(footage), why=found, next="name a video file or a folder of them"
        )
    if len(files) > MOST_CLIPS:
        logger.warning("%s holds %d videos; the first %d are used", footage, len(files), MOST_CLIPS)
    return list(files[:MOST_CLIPS])


def _recipe(source: str | Path, model: str, stream: Stream) -> Recipe:
    encoding = load_profile(model).h264
    return Recipe(
        source=source,
        width=stream.width,
        height=stream.height,
        fps=stream.fps,
        bitrate=stream.bitrate,
        profile=encoding.profile,
        gop=encoding.gop_frames(stream.fps),
        model=model,
    )


def _place(clip: Path, destination: Path) -> str:
    target = destination / clip.name
    target.mkdir(exist_ok=True)
    for file in clip.iterdir():
        copy = target / file.name
        if copy.exists():
            continue
        try:
            os.link(file, copy)
        except OSError:
            shutil.copyfile(file, copy)
    return clip.name
