"""Validate the cameras of `PUT /cameras` in a process of its own.

The fleet's process must never pause to validate thousands of cameras, nor carry what validation imports: it hands the
request to this one and gets back plain records (`simulators.rtsp.device`), or the error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from re import fullmatch
from typing import Any

from pydantic import TypeAdapter, ValidationError

from citycam.model.camera import Camera
from citycam.model.errors import CitycamError, ConfigError, ExitCode
from simulators.fleet.cohort import slots
from simulators.media.library import MediaSet, kind_of, read_catalogue
from simulators.profiles.profile import load_profile


def admit(cameras: Any, media: MediaSet, port: int) -> list[dict[str, Any]]:
    """Records of the cameras that a fleet listening on `port` with these clips can play.

    Raises:
        ConfigError: a camera is wrong, doubled, on another port, or has no clip.
    """
    try:
        checked = TypeAdapter(list[Camera]).validate_python(cameras)
    except ValidationError as error:
        first = error.errors()[0]
        where = "cameras." + ".".join(map(str, first["loc"]))
        why = f"{error.error_count()} findings in all"
        raise ConfigError(str(first["msg"]), where=where, why=why, next="correct the inventory") from error
    for name in ("id", "address"):
        values = [str(getattr(camera, name)) for camera in checked]
        double = (
            next((value for index, value in enumerate(values) if value in set(values[:index])), None)
            if len(set(values)) != len(values)
            else None
        )
        if double is not None:
            raise ConfigError(f"two cameras have the {name} {double}", where="cameras", next="correct the inventory")
    return [_record(camera, media, port) for camera in checked]


def _record(camera: Camera, media: MediaSet, port: int) -> dict[str, Any]:
    profile = load_profile(camera.model)
    clips = media.clips_of(camera)
    if camera.port != port:
        raise ConfigError(f"{camera.id} has port {camera.port}", where="port", why=f"this fleet listens on {port}")
    if not fullmatch(profile.path, camera.path):
        raise ConfigError(f"{camera.id} has path {camera.path}", where="path", why=f"{camera.model}: {profile.path}")
    if not clips:
        why = f"there is no clip for {kind_of(camera)} in {media.folder}"
        raise ConfigError(f"{camera.id} has nothing to play", where="media", why=why, next="prepare the media first")
    slot = camera.number % slots(camera.stream.fps)
    return {
        "id": camera.id,
        "number": camera.number,
        "address": str(camera.address),
        "path": camera.path,
        "auth": camera.auth.value,
        "username": camera.username,
        "bitrate": camera.stream.bitrate,
        "clip": clips[slot % len(clips)],  # one clip a slot: the fewer cohorts, the more cameras share each frame
        "slot": slot,
        "dialect": profile.rtsp.model_dump(mode="json"),
    }


def main() -> int:
    """Read `{"cameras", "media", "port"}` from stdin; write `{"devices"}` or `{"error"}` to stdout."""
    request = json.load(sys.stdin)
    try:
        devices = admit(request["cameras"], read_catalogue(Path(request["media"])), request["port"])
    except CitycamError as error:
        json.dump({"error": error.as_dict()}, sys.stdout)
        return ExitCode.CONFIG
    json.dump({"devices": devices}, sys.stdout)
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
