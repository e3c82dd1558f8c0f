"""stream-change: in mid-stream the pictures become those of another camera: another codec, another resolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from citycam.model.errors import ConfigError
from simulators.faults.fault import Fault
from simulators.rtsp.feed import Feed


@dataclass(frozen=True, kw_only=True)
class StreamChange(Fault):
    """Somebody changed the encoder's settings: from a key frame on the camera sends what camera `like` sends.

    Its frame rate must be the same: frames keep their numbers and their times.
    """

    kind: ClassVar[str] = "stream-change"

    like: str
    clip: str
    """What that camera plays; `with_clip` fills it in."""

    def alters(self, feed: Feed) -> Feed:
        """See `Fault`."""
        return feed._replace(clip=self.clip)


def with_clip(record: dict[str, Any], clip_of: Callable[[str], str | None]) -> dict[str, Any]:
    """The record of a fault with the clip of the camera it names; others as they are.

    Raises:
        ConfigError: there is no such camera.
    """
    if record.get("kind") != StreamChange.kind or "like" not in record:
        return record
    clip = clip_of(str(record["like"]))
    if clip is None:
        raise ConfigError("the fleet has no such camera", where="like", why=str(record["like"]))
    return {**record, "clip": clip}
