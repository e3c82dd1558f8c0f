"""What goes wrong with cameras, one fault a file. `parse` reads what the control API is given."""

from __future__ import annotations

from typing import Any

from citycam.model.errors import ConfigError
from simulators.faults.drop_frames import DropFrames
from simulators.faults.fault import Fault

_KINDS: dict[str, type[DropFrames]] = {DropFrames.kind: DropFrames}


def parse(record: dict[str, Any]) -> Fault:
    """The fault that `{"kind": …, "cameras": […], …}` describes.

    Raises:
        ConfigError: unknown kind or key, or a value that makes no sense.
    """
    values = dict(record)
    kind = values.pop("kind", None)
    if kind not in _KINDS:
        raise ConfigError(f"unknown fault {kind!r}", where="kind", why=f"known: {', '.join(_KINDS)}")
    cameras = values.pop("cameras", None)
    if not isinstance(cameras, list) or not cameras or not all(isinstance(camera, str) for camera in cameras):
        raise ConfigError("a fault names its cameras", where="cameras", next='give a list of ids: ["cam-000001"]')
    try:
        return _KINDS[kind](cameras=frozenset(cameras), **values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"fault {kind!r} cannot be made", where="fault", why=str(error)) from error
