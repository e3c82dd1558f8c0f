"""A timeline: which fault strikes which cameras when. Seeded, so that the same file breaks the same cameras again."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from citycam.model.camera import Camera, CameraId
from citycam.model.documents import Document, load, place
from citycam.model.errors import ConfigError
from citycam.model.units import Seconds
from simulators import faults
from simulators.faults.fault import chance


class Choice(Document):
    """Which cameras: those of all conditions given, and of these a share."""

    ids: tuple[CameraId, ...] = ()
    model: str = ""
    site: str = ""
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Event(Document):
    """One fault at one time. `set` holds what its kind has beyond the common keys: `{every: 50}`."""

    at: Annotated[Seconds, Field(ge=0)]
    """After the start of the timeline."""
    fault: str
    cameras: Choice = Choice()
    seconds: Annotated[Seconds, Field(ge=0)] | None = None
    """How long; without it as long as the kind of fault says."""
    set: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_made(self) -> Event:
        try:
            faults.check(_record(self, ["cam-000001"], 0))
        except ConfigError as error:
            raise ValueError(f"{error.what}: {error.why}") from error
        return self


class Timeline(Document):
    """Faults in the order they were written; they strike in the order of `at`."""

    schema_version: Literal[1]
    seed: int = 0
    events: Annotated[tuple[Event, ...], Field(min_length=1)]


class Strike(NamedTuple):
    """What the control API is given, so many seconds after the start."""

    at: float
    record: dict[str, Any]


def load_timeline(path: Path) -> Timeline:
    """Read a timeline.

    Raises:
        ConfigError: the file is wrong (with line), or one of its faults cannot be made.
    """
    return load(path, Timeline)


def strikes(timeline: Timeline, cameras: Iterable[Camera], file: Path | None = None) -> list[Strike]:
    """The timeline for these cameras.

    Args:
        file: where it was read from, for the error.

    Raises:
        ConfigError: an event strikes nobody.
    """
    listed = list(cameras)
    found: list[Strike] = []
    for index, event in enumerate(timeline.events):
        chosen = [camera.id for camera in listed if _strikes(event.cameras, camera, timeline.seed, index)]
        if not chosen:
            raise ConfigError(
                f"event {index + 1}, {event.fault} at {event.at:g} s, strikes no camera",
                where=place(file, ("events", index, "cameras")) if file else f"events.{index}.cameras",
                next="choose ids, a model or a site that the fleet has, or a larger share",
            )
        # Each event draws its own chances, or two losses of 1 % would take the same frames.
        found.append(Strike(event.at, _record(event, chosen, timeline.seed + index)))
    return sorted(found, key=lambda strike: strike.at)


def _strikes(choice: Choice, camera: Camera, seed: int, index: int) -> bool:
    return (
        (not choice.ids or camera.id in choice.ids)
        and choice.model in ("", camera.model)
        and choice.site in ("", camera.site)
        and chance(seed, index, camera.id) < choice.share
    )


def _record(event: Event, cameras: list[str], seed: int) -> dict[str, Any]:
    length = {} if event.seconds is None else {"seconds": event.seconds}
    return {"kind": event.fault, "cameras": cameras, "seed": seed, **length, **event.set}
