"""What a camera model does: how it speaks RTSP, how it encodes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.model.units import Seconds

FOLDER = Path(__file__).parent

_Line = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,120}$")]
"""One line of printable ASCII: it goes into headers."""


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return text


Method = Literal["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"]


class Rtsp(Document):
    """How the model speaks RTSP. Methods that are not `public` are refused with 405."""

    server: _Line
    public: Annotated[list[Method], Field(min_length=1)]
    realm: _Line
    digest: Literal["MD5", "SHA-256"] = "MD5"
    track: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9=._-]{1,40}$")]
    session_timeout: Annotated[Seconds, Field(ge=5, le=3600)]
    stall_timeout: Annotated[Seconds, Field(ge=1, le=600)]
    max_sessions: Annotated[int, Field(ge=1, le=1000)]
    max_connections: Annotated[int, Field(ge=1, le=1000)]


class Encoding(Document):
    """How the model encodes H.264: one slice a picture, no B-frames, an IDR picture every `gop`."""

    profile: Literal["baseline", "main", "high"]
    gop: Annotated[Seconds, Field(ge=0.1, le=60)]

    def gop_frames(self, fps: int) -> int:
        """Frames from one key frame to the next."""
        return max(1, round(self.gop * fps))


class Profile(Document):
    """One camera model."""

    schema_version: Literal[1]
    model: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    title: str
    path: Annotated[str, AfterValidator(_expression)]
    rtsp: Rtsp
    h264: Encoding


def models() -> list[str]:
    """Names of all profiles."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


@cache
def load_profile(model: str) -> Profile:
    """The profile of a camera model.

    Raises:
        ConfigError: no such profile, or its file is wrong (with file and line).
    """
    path = FOLDER / f"{model}.yaml"
    if model not in models():
        raise ConfigError(
            f"no profile for camera model {model!r}",
            where=str(FOLDER),
            why=f"known models: {', '.join(models())}",
            next="correct the camera's model in the inventory, or add a profile",
        )
    profile = load(path, Profile)
    if profile.model != model:
        raise ConfigError(f"the model must be {model!r}, as the file is named", where=str(path))
    return profile
