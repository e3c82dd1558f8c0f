"""The fleet as ONVIF sees it: `simulators.onvif.estate.Estate` over `Fleet`. Views are made when they are asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from citycam.model.credentials import device_secret
from citycam.wire.rtsp import Headers, Response
from simulators.faults.reboot import Reboot
from simulators.fleet.accounts import users_of
from simulators.onvif.equipment import Equipment
from simulators.onvif.estate import AuthKind, Channel, Sound, User, Video
from simulators.onvif.state import State

if TYPE_CHECKING:
    from simulators.fleet.fleet import Fleet
    from simulators.fleet.state import CameraState, Host
    from simulators.rtsp.device import Stream

_REBOOT_AFTER_S = 0.5
"""From SystemReboot's answer to the reboot."""
_H264_PROFILES = {66: "Baseline", 77: "Main", 100: "High"}
"""By profile_idc, the second byte of an SPS (ITU-T H.264 7.3.2.1.1)."""
_QUESTION = Response(200, "OK", Headers([]), b"")


class FleetHost:
    """The device at one address."""

    __slots__ = ("_fleet", "_host", "_plate")

    def __init__(self, fleet: Fleet, host: Host, plate: Equipment) -> None:
        self._fleet = fleet
        self._host = host
        self._plate = plate

    @property
    def address(self) -> str:
        """See `Host`."""
        return self._host.address

    @property
    def serial(self) -> str:
        """See `Host`."""
        return self._host.serial

    @property
    def mac(self) -> str:
        """See `Host`."""
        return self._first.device.mac

    @property
    def auth(self) -> AuthKind:
        """See `Host`."""
        return self._host.auth

    @property
    def realm(self) -> str:
        """See `Host`."""
        return self._host.dialect.realm

    @property
    def equipment(self) -> Equipment:
        """See `Host`."""
        return self._plate

    @property
    def state(self) -> State:
        """See `Host`."""
        if self._host.onvif is None:
            self._host.onvif = State()
        return self._host.onvif

    @property
    def silent(self) -> bool:
        """See `Host`."""
        fault = self._host.fault
        return fault is not None and not fault.answers("OPTIONS", _QUESTION)

    def channels(self) -> Sequence[Channel]:
        """See `Host`."""
        return [self._channel(camera) for camera in self._cameras()]

    def clock_ns(self) -> int:
        """See `Host`."""
        return self._first.clock.read(time.time_ns()) + self._host.shift_ns

    def set_clock(self, ns: int) -> None:
        """See `Host`."""
        self._host.shift_ns += ns - self.clock_ns()

    def users(self) -> Sequence[User]:
        """See `Host`."""
        users, fault = users_of(self._host, self._fleet.key), self._host.fault
        return users if fault is None else [replace(user, password=fault.password(user.password)) for user in users]

    def set_users(self, users: Sequence[User]) -> None:
        """See `Host`."""
        self._host.users = list(users)

    def reboot(self) -> None:
        """See `Host`."""
        cameras = frozenset(camera.id for camera in self._cameras())
        self._fleet.loop.call_later(_REBOOT_AFTER_S, self._start_again, cameras)

    def _start_again(self, cameras: frozenset[str]) -> None:
        there = cameras & self._fleet.cameras.keys()
        if there:
            self._fleet.apply(Reboot(cameras=there, seconds=self._plate.boot))

    def snapshot(self, channel: int) -> bytes | None:
        """See `Host`."""
        for camera in self._cameras():
            if camera.device.channel == channel:
                return _picture(self._fleet.root / "media" / camera.device.main.feed.clip, time.time())
        return None

    def secret(self, purpose: str) -> str:
        """See `Host`."""
        return device_secret(self._fleet.key, self._host.serial, purpose)

    @property
    def _first(self) -> CameraState:
        return next(iter(self._host.streams.values()))

    def _cameras(self) -> list[CameraState]:
        main = [camera for camera in self._host.streams.values() if not camera.sub_stream]
        return sorted(main, key=lambda camera: camera.device.channel)

    def _channel(self, camera: CameraState) -> Channel:
        device = camera.device
        sub = None if device.sub is None else self._video(device.sub)
        audio = self._fleet.script(device.main.feed.clip).audio
        sound = None if audio is None else Sound(audio.codec, audio.rate)
        return Channel(device.channel, device.id, self._video(device.main), sub, sound)

    def _video(self, stream: Stream) -> Video:
        script = self._fleet.script(stream.feed.clip)
        keys, (width, height) = script.reels[0].keys, script.size
        gop = keys[1] if len(keys) > 1 else script.frames
        profile = _H264_PROFILES.get(script.sets[0][1], "Main") if script.codec == "h264" else "Main"
        return Video(stream.path, script.codec, width, height, script.fps, stream.bitrate, gop, profile)


class FleetEstate:
    """All devices of a fleet that know ONVIF."""

    seed = 0

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    @property
    def rtsp_port(self) -> int:
        """See `Estate`."""
        return self._fleet.ports.rtsp

    @property
    def http_port(self) -> int:
        """See `Estate`."""
        return self._fleet.ports.http

    def now_ns(self) -> int:
        """See `Estate`."""
        return time.time_ns()

    def host(self, address: str) -> FleetHost | None:
        """See `Estate`."""
        host = self._fleet.hosts.get(address)
        return None if host is None else self._view(host)

    def hosts(self) -> Iterator[FleetHost]:
        """See `Estate`."""
        return (view for host in list(self._fleet.hosts.values()) if (view := self._view(host)) is not None)

    def _view(self, host: Host) -> FleetHost | None:
        if host.equipment is None or (host.fault is not None and host.fault.refuses()):
            return None
        return FleetHost(self._fleet, host, host.equipment)


def _picture(folder: Path, now: float) -> bytes | None:
    """What the clip shows in this second."""
    names = _pictures(folder)
    if not names:
        return None
    try:
        return (folder / names[int(now) % len(names)]).read_bytes()
    except OSError:
        return None


@lru_cache(maxsize=256)
def _pictures(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(file.name for file in folder.glob("snapshot-*.jpg")))
