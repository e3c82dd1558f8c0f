"""ffmpeg and ffprobe: run them, and say what is wrong in the words of our errors."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from citycam.model.errors import ConfigError, EnvironmentFailure

QUIET = ("-hide_banner", "-nostdin", "-v", "error")


def run(what: str, arguments: list[str], folder: Path) -> bytes:
    """Run ffmpeg in `folder`; what it wrote to stdout. `what` is named if it fails.

    Raises:
        EnvironmentFailure: ffmpeg is missing or fails.
    """
    try:
        return _call("ffmpeg", [*QUIET, *arguments], folder)
    except subprocess.CalledProcessError as error:
        raise failure(what, error.stderr.decode(errors="replace").strip()[-600:]) from error


def failure(what: str, why: str) -> EnvironmentFailure:
    """The error of a clip that could not be made."""
    remedy = "install fonts-dejavu-core" if "font" in why.lower() else "run ffmpeg by hand to see more"
    return EnvironmentFailure(f"ffmpeg could not encode {what!r}", why=why, next=remedy)


@cache
def version() -> str:
    """First line of what ffmpeg says of itself."""
    return _call("ffmpeg", ["-version"]).splitlines()[0].decode(errors="replace")


def seconds_of(footage: Path) -> float | None:
    """Length of a video; None if its file does not tell.

    Raises:
        ConfigError: it cannot be read as video.
        EnvironmentFailure: ffmpeg is missing.
    """
    shown = ["-v", "error", "-select_streams", "v:0", "-show_entries", "format=duration:stream=codec_type"]
    try:
        answer = _call("ffprobe", [*shown, "-of", "default=nw=1", str(footage)]).decode(errors="replace")
    except subprocess.CalledProcessError as error:
        raise _unreadable(footage, error.stderr) from error
    if "codec_type=video" not in answer:
        raise _unreadable(footage, b"no video stream")
    found = re.search(r"duration=([0-9.]+)", answer)
    return float(found[1]) if found else None


def digest_of(footage: Path) -> str:
    """SHA-256 of a file's content."""
    return _digest(footage, footage.stat().st_mtime_ns)


@cache
def _digest(path: Path, _changed_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _call(program: str, arguments: list[str], folder: Path | None = None) -> bytes:
    if shutil.which(program) is None:
        raise EnvironmentFailure(
            f"{program} is not installed", why="media is encoded with it", next="run `make setup`, which installs it"
        )
    command = [program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, cwd=folder).stdout


def _unreadable(path: Path, why: bytes) -> ConfigError:
    return ConfigError(
        "this footage cannot be read as video",
        where=str(path),
        why=why.decode(errors="replace").strip()[-300:],
        next="name a video file, or a folder of video files",
    )
