"""The clips of a fleet: which camera plays what, and where the fleet finds it (`media.json`)."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from citycam.model.camera import Camera, Stream
from citycam.model.errors import ConfigError
from simulators.media.encode import encode
from simulators.media.recipe import GENERATED, Recipe
from simulators.profiles.profile import FOLDER, load_profile

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

    def sub_clips_of(self, camera: Camera) -> tuple[str, ...]:
        """The same for its sub stream; empty too if it has none."""
        sub = load_profile(camera.model).sub
        return self.clips.get(kind(camera.model, sub), ()) if sub is not None else ()


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
        ConfigError: unknown model, a codec that it does not offer, or footage that is missing or no video.
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    sources = _sources(footage)
    kinds = _kinds(cameras)
    destination.mkdir(parents=True, exist_ok=True)
    clips = dict(read_catalogue(destination).clips)
    wanted = [
        (name, _recipe(source, model, stream))
        for name, (model, stream, count) in sorted(kinds.items(), key=itemgetter(0))
        for source in sources[:count]
    ]
    # An encoder of small pictures keeps little more than one core busy.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = list(pool.map(lambda item: encode(item[1], cache / "media"), wanted))
    for name in kinds:
        clips[name] = tuple(_place(clip, destination) for (of, _), clip in zip(wanted, made, strict=True) if of == name)
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


def _kinds(cameras: Iterable[Camera]) -> dict[str, tuple[str, Stream, int]]:
    """What must be encoded: model, stream and number of clips. One is enough where it is a sub stream alone."""
    wanted = {kind_of(camera): (camera.model, camera.stream, MOST_CLIPS) for camera in cameras}
    subs = {model: load_profile(model).sub for model, _, _ in wanted.values()}
    for model, sub in subs.items():
        if sub is not None:
            wanted.setdefault(kind(model, sub), (model, sub, 1))
    return wanted


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
    encoding = load_profile(model).encoding
    if stream.codec not in encoding.codecs:
        raise ConfigError(
            f"{model} does not encode {stream.codec}",
            where=str(FOLDER / f"{model}.yaml"),
            why=f"it offers {', '.join(encoding.codecs)}",
            next="correct the camera's codec or model in the inventory",
        )
    return Recipe(source, model, stream, encoding.of(stream.codec), encoding.audio)


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
