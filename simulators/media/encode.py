"""Encode clips with ffmpeg: generated pictures or footage, label burned in, one IDR a GOP, no B-frames, one slice."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from citycam.model.errors import ConfigError, EnvironmentFailure
from simulators.media.annexb import Elementary, take_apart
from simulators.media.clip import INDEX, Clip, Unit, write_clip

logger = logging.getLogger(__name__)

GENERATED_SECONDS = 20.0
LONGEST_SECONDS = 60.0
GENERATED = {
    "pattern": "testsrc2=size={size}:rate={fps}",
    "fractal": "mandelbrot=size={size}:rate={fps}:start_scale=0.3:end_scale=0.01:end_pts=400:maxiter=300",
}
"""Sources of generated pictures, as ffmpeg's lavfi writes them."""

_RECIPE = 2
"""Part of every cache key: raise it when the arguments below change meaning without changing their text."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what a clip looks like. `source` names generated pictures or is a file of footage."""

    source: str | Path
    width: int
    height: int
    fps: int
    bitrate: int
    profile: str
    gop: int
    model: str

    @property
    def label(self) -> str:
        """Burned into every picture."""
        name = self.source if isinstance(self.source, str) else self.source.name
        plain = re.sub(r"[^A-Za-z0-9 ._-]", "_", name)[:40]
        return f"{self.model}  {plain}  {self.width}x{self.height}"


def encode(recipe: Recipe, cache: Path) -> Path:
    """The clip's folder in the cache; encoded now if it is not there yet.

    Raises:
        ConfigError: the footage cannot be read as video.
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    frames = _length(recipe)
    arguments = _arguments(recipe, frames)
    folder = cache / _key(recipe, arguments)
    if (folder / INDEX).is_file():
        return folder
    logger.info("encoding %s", recipe.label)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".encoding-") as temporary:
        work = Path(temporary) / "clip"
        work.mkdir()
        stream = _run(recipe, arguments)
        if len(stream.pictures) != frames:
            raise _failure(recipe, f"{len(stream.pictures)} frames came out, {frames} were asked for")
        reel = tuple(Unit.of(picture.units, key=picture.key) for picture in stream.pictures)
        clip = Clip(folder.name, "h264", stream.sets, recipe.fps, (reel,), width=recipe.width, height=recipe.height)
        write_clip(work, clip, label=recipe.label)
        for file in work.iterdir():
            file.chmod(0o644)  # the fleet reads them under another user
        work.chmod(0o755)
        try:
            os.replace(work, folder)
        except OSError:
            if not (folder / INDEX).is_file():  # otherwise another process was faster with the same clip
                raise
    return folder


def _arguments(recipe: Recipe, frames: int) -> list[str]:
    size = f"{recipe.width}x{recipe.height}"
    if isinstance(recipe.source, str):
        source = ["-f", "lavfi", "-i", GENERATED[recipe.source].format(size=size, fps=recipe.fps)]
        fit = "noise=alls=6:allf=t"  # a sensor's noise: without it the encoder finds nothing to spend its bits on
    else:
        source = ["-stream_loop", "-1", "-i", str(recipe.source)]
        fit = (
            f"fps={recipe.fps},scale={recipe.width}:{recipe.height}:force_original_aspect_ratio=decrease,"
            f"pad={recipe.width}:{recipe.height}:(ow-iw)/2:(oh-ih)/2,setsar=1"
        )
    text = f"drawtext=text='{recipe.label}  %{{n}}':x=8:y=8:fontsize={max(10, recipe.height // 24)}"
    label = f"{text}:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=4"
    rate = str(recipe.bitrate)
    codec = f"keyint={recipe.gop}:min-keyint={recipe.gop}:scenecut=0:open-gop=0:slices=1:sliced-threads=0:force-cfr=1"
    return [
        *source,
        *("-map", "0:v:0", "-an", "-sn", "-vf", f"{fit},format=yuv420p,{label}", "-frames:v", str(frames)),
        *("-c:v", "libx264", "-preset", "fast", "-profile:v", recipe.profile, "-bf", "0", "-threads", "2"),
        *("-b:v", rate, "-maxrate", rate, "-bufsize", str(recipe.bitrate * 2), "-x264-params", codec),
        *("-f", "h264", "pipe:1"),
    ]


def _key(recipe: Recipe, arguments: list[str]) -> str:
    """Name of the clip in the cache: a hash of source content, arguments and ffmpeg itself."""
    state = hashlib.sha256(f"{_RECIPE}\0{_version()}\0{recipe.gop}\0{recipe.fps}\0".encode())
    for argument in arguments:
        state.update((argument if argument != str(recipe.source) else "footage").encode() + b"\0")
    if isinstance(recipe.source, Path):
        state.update(_content(recipe.source, recipe.source.stat().st_mtime_ns).encode())
    return state.hexdigest()[:20]


@cache
def _content(path: Path, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _version() -> str:
    return _ffmpeg("ffmpeg", ["-version"]).splitlines()[0].decode(errors="replace")


def _length(recipe: Recipe) -> int:
    """Frames of the clip: the footage's own length in whole GOPs, at least one GOP and at most a minute."""
    seconds = GENERATED_SECONDS
    if isinstance(recipe.source, Path):
        shown = ["-v", "error", "-select_streams", "v:0", "-show_entries", "format=duration:stream=codec_type"]
        try:
            answer = _ffmpeg("ffprobe", [*shown, "-of", "default=nw=1", str(recipe.source)]).decode(errors="replace")
        except subprocess.CalledProcessError as error:
            raise _unreadable(recipe.source, error.stderr) from error
        if "codec_type=video" not in answer:
            raise _unreadable(recipe.source, b"no video stream")
        found = re.search(r"duration=([0-9.]+)", answer)
        seconds = min(float(found[1]), LONGEST_SECONDS) if found else GENERATED_SECONDS
    return max(1, int(seconds * recipe.fps / recipe.gop + 1e-6)) * recipe.gop


def _run(recipe: Recipe, arguments: list[str]) -> Elementary:
    try:
        return take_apart(_ffmpeg("ffmpeg", ["-hide_banner", "-nostdin", "-v", "error", *arguments]))
    except subprocess.CalledProcessError as error:
        raise _failure(recipe, error.stderr.decode(errors="replace").strip()[-600:]) from error
    except ValueError as error:
        raise _failure(recipe, str(error)) from error


def _ffmpeg(program: str, arguments: list[str]) -> bytes:
    if shutil.which(program) is None:
        raise EnvironmentFailure(
            f"{program} is not installed", why="media is encoded with it", next="run `make setup`, which installs it"
        )
    return subprocess.run([program, *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout


def _failure(recipe: Recipe, why: str) -> EnvironmentFailure:
    remedy = "install fonts-dejavu-core" if "font" in why.lower() else "run ffmpeg by hand to see more"
    return EnvironmentFailure(f"ffmpeg could not encode {recipe.label!r}", why=why, next=remedy)


def _unreadable(path: Path, why: bytes) -> ConfigError:
    return ConfigError(
        "this footage cannot be read as video",
        where=str(path),
        why=why.decode(errors="replace").strip()[-300:],
        next="name a video file, or a folder of video files",
    )
