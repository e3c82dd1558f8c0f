"""Validate the cameras of `PUT /cameras` in a process of its own.

The fleet's process must never pause to validate thousands of cameras, nor carry what validation imports: it hands the
request to this one and gets back plain records (`simulators.rtsp.device`), or the error.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from citycam.model.camera import Camera, Stream
from citycam.model.errors import CitycamError, ConfigError, ExitCode
from simulators.fleet.cohort import slots
from simulators.media.library import MediaSet, kind, read_catalogue
from simulators.profiles.profile import Profile, load_profile


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
    _refuse_doubles("id", [camera.id for camera in checked])
    _refuse_strangers(checked)
    _refuse_doubles("stream", [f"rtsp://{camera.address}{camera.path}" for camera in checked])
    return [_record(camera, media, port) for camera in checked]


def models(devices: list[dict[str, Any]]) -> dict[str, Any]:
    """What the devices of each model have in common: how they speak, and how wrong their clocks are."""
    profiles = [load_profile(model) for model in sorted({device["model"] for device in devices})]
    return {
        profile.model: {
            "dialect": profile.rtsp.model_dump(mode="json"),
            "error_ns": round(profile.clock.error * 1e9),
            "drift_ppb": round(profile.clock.drift_ppm * 1000),
            "onvif": _onvif(profile),
        }
        for profile in profiles
    }


def _onvif(profile: Profile) -> dict[str, Any] | None:
    if profile.onvif is None:
        return None
    return {**profile.onvif.model_dump(mode="json"), "canaries": list(profile.canaries)}


def _refuse_doubles(what: str, values: list[str]) -> None:
    value, count = Counter(values).most_common(1)[0] if values else ("", 0)
    if count > 1:
        raise ConfigError(f"{count} cameras have the {what} {value}", where="cameras", next="correct the inventory")


def _refuse_strangers(cameras: list[Camera]) -> None:
    """At one address are channels of one recorder, or there is one camera."""
    first: dict[IPv4Address, Camera] = {}
    for camera in cameras:
        other = first.setdefault(camera.address, camera)
        for name in ("serial", "model", "auth", "username"):
            if getattr(camera, name) != getattr(other, name):
                raise ConfigError(
                    f"{other.id} and {camera.id} have the address {camera.address}, but not the same {name}",
                    where="cameras",
                    why="only the channels of one recorder share an address",
                    next="correct the inventory",
                )


def _record(camera: Camera, media: MediaSet, port: int) -> dict[str, Any]:
    profile = load_profile(camera.model)
    if camera.port != port:
        raise ConfigError(f"{camera.id} has port {camera.port}", where="port", why=f"this fleet listens on {port}")
    channel = profile.paths.channel(camera.path, profile.channels)
    if channel is None:
        why = f"{camera.model} has {profile.channels} at {profile.paths.main}"
        raise ConfigError(f"{camera.id} has path {camera.path}", where="path", why=why, next="correct the inventory")
    if camera.auth.value not in profile.auth:
        why = f"{camera.model} knows {', '.join(profile.auth)}"
        raise ConfigError(f"{camera.id} has auth {camera.auth}", where="auth", why=why, next="correct the inventory")
    sub = profile.sub_of(channel)
    return {
        "id": camera.id,
        "number": camera.number,
        "serial": camera.serial,
        "mac": camera.mac,
        "channel": channel,
        "address": str(camera.address),
        "auth": camera.auth.value,
        "username": camera.username,
        "main": _stream(camera, camera.path, camera.stream, media),
        "sub": None if sub is None else _stream(camera, *sub, media),
        "model": profile.model,
    }


def _stream(camera: Camera, path: str, stream: Stream, media: MediaSet) -> dict[str, Any]:
    name = kind(camera.model, stream)
    clips = media.clips.get(name)
    if not clips:
        why = f"there is no clip for {name} in {media.folder}"
        raise ConfigError(f"{camera.id} has nothing to play", where="media", why=why, next="prepare the media first")
    slot = camera.number % slots(stream.fps)
    # One clip a slot: the fewer cohorts, the more cameras share each frame.
    return {"path": path, "bitrate": stream.bitrate, "clip": clips[slot % len(clips)], "slot": slot}


def main() -> int:
    """Read `{"cameras", "media", "port"}` from stdin; write `{"devices", "models"}` or `{"error"}` to stdout."""
    request = json.load(sys.stdin)
    try:
        devices = admit(request["cameras"], read_catalogue(Path(request["media"])), request["port"])
    except CitycamError as error:
        json.dump({"error": error.as_dict()}, sys.stdout)
        return ExitCode.CONFIG
    json.dump({"devices": devices, "models": models(devices)}, sys.stdout)
    return ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
