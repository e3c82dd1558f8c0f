"""Cameras of one kind of stream each: codec, sound, B-frames, slices."""

from __future__ import annotations

from typing import NamedTuple

from citycam.model.camera import Auth, Camera, Stream, Transport
from citycam.model.codec import Codec
from simulators.profiles.profile import load_profile


class Kind(NamedTuple):
    """A model and what is special of its stream."""

    model: str
    codec: Codec = "h264"
    transport: Transport = Transport.TCP

    def __str__(self) -> str:
        return f"{self.model} {self.codec} {self.transport}"


B_FRAMES = [Kind("bosch-network"), Kind("bosch-network", "h265")]
SLICES = [Kind("hanwha-network"), Kind("hanwha-network", "h265")]  # and G.711
AAC = [Kind("vivotek-network"), Kind("uniview-4k", "h265"), Kind("axis-network", "mjpeg")]
OTHERS = [
    Kind("hikvision-network", "h265", Transport.UDP),
    Kind("hikvision-smart", "h265"),  # key frames at different distances, G.711
    Kind("mobotix-network", "mjpeg"),
    Kind("axis-network", "mjpeg", Transport.UDP),
]
KINDS = [*B_FRAMES, *SLICES, *AAC, *OTHERS]


def dressed(plain: list[Camera], kinds: list[Kind]) -> list[Camera]:
    """Make one camera of each kind; pictures are small, since only their form matters."""
    return [_camera(camera, kind) for camera, kind in zip(plain, kinds, strict=True)]


def _camera(camera: Camera, kind: Kind) -> Camera:
    profile = load_profile(kind.model)
    stream = Stream(codec=kind.codec, width=352, height=288, fps=10, bitrate=400_000)
    facts = {"model": kind.model, "transport": kind.transport, "stream": stream, "auth": Auth(profile.auth[0])}
    return camera.model_copy(update={**facts, "path": profile.paths.main.replace("{channel}", "1")})
