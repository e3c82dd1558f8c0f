"""Encode clips with ffmpeg: generated pictures or footage, label burned in, whole GOPs; each once, kept by content."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path

from simulators.media import ffmpeg, sound, video
from simulators.media.clip import INDEX, SCHEMA, SNAPSHOT, Clip, write_clip
from simulators.media.recipe import Recipe

logger = logging.getLogger(__name__)

_RECIPE = 3
"""Part of every cache key: raise it when arguments change meaning without changing their text."""


def encode(recipe: Recipe, cache: Path) -> Path:
    """The clip's folder in the cache; encoded now if it is not there yet.

    Raises:
        ConfigError: the footage cannot be read as video.
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    frames = recipe.frames()
    folder = cache / _key(recipe, frames)
    if (folder / INDEX).is_file():
        return folder
    logger.info("encoding %s", recipe.label)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".encoding-") as temporary:
        work = Path(temporary).resolve()  # ffmpeg runs in it
        made = work / "clip"
        made.mkdir()
        _make(recipe, frames, folder.name, work, made)
        for file in made.iterdir():
            file.chmod(0o644)  # the fleet reads them under another user
        made.chmod(0o755)
        try:
            os.replace(made, folder)
        except OSError:
            if not (folder / INDEX).is_file():  # otherwise another process was faster with the same clip
                raise
    return folder


def _make(recipe: Recipe, frames: int, name: str, work: Path, made: Path) -> None:
    stream = recipe.stream
    sets: set[tuple[bytes, ...]] = set()
    reels: list[video.Reel] = []
    for share in recipe.encoding.shares:
        own, reel = video.make(recipe, frames, share, work)
        sets.add(own)
        reels.append(reel)
        if len(reels) == 1:
            _snapshots(recipe, reel, work, made)
    if len(sets) != 1:
        raise ffmpeg.failure(recipe.label, f"{len(sets)} kinds of parameter sets in {len(reels)} reels")
    clip = Clip(
        name,
        stream.codec,
        sets.pop(),
        stream.fps,
        tuple(reels),
        recipe.encoding.hours,
        sound.make(recipe.sound, work) if recipe.sound is not None else None,
        stream.width,
        stream.height,
    )
    write_clip(made, clip, label=recipe.label)


def _snapshots(recipe: Recipe, reel: video.Reel, work: Path, made: Path) -> None:
    """Pictures of the stream as a viewer sees them, one a second."""
    fps = recipe.stream.fps
    if recipe.stream.codec == "mjpeg":
        for number, unit in enumerate(reel[::fps]):
            (made / SNAPSHOT.format(number)).write_bytes(unit.slices[0])
        return
    source = ["-f", video.FORMATS[recipe.stream.codec], "-framerate", str(fps), "-i", video.PICTURES]
    chosen = ["-vf", f"select=not(mod(n\\,{fps}))", "-fps_mode", "passthrough", "-q:v", "4", "-start_number", "0"]
    ffmpeg.run(recipe.label, [*source, *chosen, str(made / SNAPSHOT.replace("{:03d}", "%03d"))], work)


def _key(recipe: Recipe, frames: int) -> str:
    """Name of the clip in the cache: a hash of source content, all arguments and ffmpeg itself."""
    state = hashlib.sha256(f"{_RECIPE}\0{SCHEMA}\0{ffmpeg.version()}\0{recipe.encoding!r}\0{recipe.sound!r}\0".encode())
    for argument in video.arguments(recipe, frames, 1.0):
        state.update((argument if argument != str(recipe.source) else "footage").encode() + b"\0")
    if recipe.sound is not None:
        state.update("\0".join(sound.arguments(recipe.sound)).encode())
    if isinstance(recipe.source, Path):
        state.update(ffmpeg.digest_of(recipe.source).encode())
    return state.hexdigest()[:20]
