"""What a camera model does: how it speaks RTSP, how it encodes."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, field_validator

from citycam.model.camera import Stream
from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.model.units import Seconds
from simulators.profiles.encoding import Encoding
from simulators.profiles.onvif import Onvif
from simulators.rtsp import quirks

FOLDER = Path(__file__).parent

_Line = Annotated[str, StringConstraints(pattern=r"^[ -~]{1,120}$")]
"""One line of printable ASCII: it goes into headers."""


def _filled(template: str, channel: int) -> str:
    try:
        return template.format(channel=channel)
    except (IndexError, KeyError, ValueError) as error:
        raise ValueError(f"only {{channel}} can be filled in: {error}") from error


Method = Literal["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"]


def _quirk(name: str) -> str:
    if name not in quirks.NAMES:
        close = get_close_matches(name, quirks.NAMES, n=1)
        raise ValueError(f"unknown quirk {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    return name


Quirk = Annotated[str, AfterValidator(_quirk)]
"""A name of `simulators.rtsp.quirks`."""


class Rtsp(Document):
    """How the model speaks RTSP. Methods that are not `public` are refused with 405."""

    server: Literal[""] | _Line
    """Empty for no Server header."""
    public: Annotated[tuple[Method, ...], Field(min_length=1)]
    realm: _Line
    digest: Literal["MD5", "SHA-256"] = "MD5"
    track: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9=._-]{1,40}$")]
    session_id: Literal["decimal", "short-decimal", "hex", "long-hex", "uuid"] = "decimal"
    session_timeout: Annotated[Seconds, Field(ge=5, le=3600)]
    stall_timeout: Annotated[Seconds, Field(ge=1, le=600)]
    max_sessions: Annotated[int, Field(ge=1, le=1000)]
    max_connections: Annotated[int, Field(ge=1, le=1000)]
    transports: Annotated[tuple[Literal["tcp", "udp", "multicast", "tls"], ...], Field(min_length=1)] = ("tcp", "udp")
    keep_alive: tuple[Method | Literal["RTCP"], ...] = ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER", "PLAY", "RTCP")
    """What prolongs a session that plays; anything does before that."""
    unanswered: tuple[Method, ...] = ()
    """Requests that get no answer at all (GET_PARAMETER: mediamtx #2908)."""
    slow_answer: Annotated[Seconds, Field(ge=0, le=10)] = 0.0
    tcp_times_out: bool = False
    """Whether a silent reader's session ends over TCP too; others take the open connection as a sign of life."""
    quirks: tuple[Quirk, ...] = ()


def _template(text: str) -> str:
    _filled(text, 1)
    return text


Template = Annotated[str, StringConstraints(pattern=r"^/[^\s#]*$"), AfterValidator(_template)]


class Paths(Document):
    """Paths of a channel's streams, `{channel}` its number from 1: `/Streaming/Channels/{channel}01`."""

    main: Template
    sub: Template | None = None

    def channel(self, path: str, channels: int) -> int | None:
        """The channel whose main stream has this path; None if there is none."""
        return next((number for number in range(1, channels + 1) if self.of(number) == path), None)

    def of(self, channel: int) -> str:
        """Path of a channel's main stream."""
        return _filled(self.main, channel)


Canary = Literal["auth-bypass", "default-credentials", "telnet-banner", "token-reuse"]
"""A name of `simulators.canaries`."""


class Clock(Document):
    """How wrong the model's own clock is, beyond what its owner can be blamed for."""

    error: Annotated[float, Field(ge=-86_400 * 3660, le=86_400 * 3660)] = 0.0
    """Seconds ahead of the true time when it was last set."""
    drift_ppm: Annotated[float, Field(ge=-1000, le=1000)] = 0.0
    """Millionths that it gains since then; frames come faster by as much."""


class Profile(Document):
    """One camera model."""

    schema_version: Literal[1]
    model: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    title: str
    sources: tuple[str, ...] = ()
    """Where the behaviour was seen."""
    channels: Annotated[int, Field(ge=1, le=64)] = 1
    """More than one for a recorder."""
    auth: Annotated[tuple[Literal["none", "basic", "digest"], ...], Field(min_length=1)] = ("digest",)
    """What its owner can choose; the first is how it leaves the factory."""
    paths: Paths
    clock: Clock = Clock()
    rtsp: Rtsp
    encoding: Encoding
    sub: Stream | None = None
    """What the second stream of each channel sends; needs `paths.sub`."""
    onvif: Onvif | None = None
    """What it says of itself over ONVIF; null if it knows none."""
    canaries: tuple[Canary, ...] = ()
    """Known flaws it has, which give away a secret and nothing else; they need `onvif`."""

    @field_validator("sub")
    @classmethod
    def _can_be_sent(cls, sub: Stream | None, info: ValidationInfo) -> Stream | None:
        paths, encoding = info.data.get("paths"), info.data.get("encoding")
        if sub is not None and paths is not None and paths.sub is None:
            raise ValueError("a second stream needs a path: paths.sub")
        if sub is not None and encoding is not None and sub.codec not in encoding.codecs:
            raise ValueError(f"the model does not encode {sub.codec}: encoding.{sub.codec}")
        return sub

    @field_validator("canaries")
    @classmethod
    def _have_a_place(cls, canaries: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if canaries and info.data.get("onvif") is None:
            raise ValueError("a camera with canaries needs onvif: it says what the web server is like")
        return canaries

    def sub_of(self, channel: int) -> tuple[str, Stream] | None:
        """Path of a channel's sub stream and what it sends; None if the model has none."""
        if self.sub is None or self.paths.sub is None:
            return None
        return _filled(self.paths.sub, channel), self.sub


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
