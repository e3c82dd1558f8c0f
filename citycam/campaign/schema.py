"""A campaign file: what is stood up, recorded, loaded and judged. Read from `campaigns/<name>.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from citycam.model.camera import CameraId
from citycam.model.documents import BesideFile, Document, load
from citycam.model.units import Seconds


class Load(Document):
    """What users do beside the recording."""

    viewers: Annotated[int, Field(ge=0, le=10_000)]
    view_time: Seconds
    players: Annotated[int, Field(ge=0, le=10_000)]
    clip: Seconds


class PlaybackCheck(Document):
    """How the recorded archive is played back after the run: one interval of every camera."""

    clip: Seconds


class Fault(Document):
    """A fault of the fleet. `set` holds what its kind has beyond the common keys: `{every: 50}`."""

    kind: str
    """One that the fleet knows; who has one checks it."""
    cameras: Annotated[list[CameraId], Field(min_length=1)]
    at: Annotated[Seconds, Field(ge=0)] = 0.0
    """After the recording has begun."""
    set: dict[str, Any] = Field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The fault as the fleet's control API takes it."""
        return {"kind": self.kind, "cameras": list(self.cameras), **self.set}


class Campaign(Document):
    """One campaign. `gates` maps a criterion's id to its limit, written with its unit."""

    schema_version: Literal[1]
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    title: str
    environment: BesideFile
    inventory: BesideFile
    seed: int
    warm_up: Seconds
    recording: Seconds
    drain: Seconds
    load: Load
    playback: PlaybackCheck
    faults: tuple[Fault, ...] = ()
    gates: dict[str, str]


def load_campaign(path: Path) -> Campaign:
    """Read and validate a campaign.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Campaign)
