"""What goes wrong with cameras, one fault a file. `parse` reads what the control API is given."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from citycam.model.errors import ConfigError
from simulators.faults.burst import Burst
from simulators.faults.clock_drift import ClockDrift
from simulators.faults.clock_jump import ClockJump
from simulators.faults.drop_frames import DropFrames
from simulators.faults.endless_header import EndlessHeader
from simulators.faults.fault import Fault
from simulators.faults.freeze import Freeze
from simulators.faults.half_open import HalfOpen
from simulators.faults.large_description import LargeDescription
from simulators.faults.lose_frames import LoseFrames
from simulators.faults.new_password import NewPassword
from simulators.faults.reboot import Reboot
from simulators.faults.redirect import Redirect
from simulators.faults.session_limit import SessionLimit
from simulators.faults.slow_start import SlowStart
from simulators.faults.squeeze import Squeeze
from simulators.faults.ssrc_jump import SsrcJump
from simulators.faults.stream_change import StreamChange, with_clip
from simulators.faults.timestamp_jump import TimestampJump
from simulators.faults.udp_noise import UdpNoise
from simulators.faults.uplink import Uplink

_ALL: tuple[type[Fault], ...] = (
    Burst,
    ClockDrift,
    ClockJump,
    DropFrames,
    EndlessHeader,
    Freeze,
    HalfOpen,
    LargeDescription,
    LoseFrames,
    NewPassword,
    Reboot,
    Redirect,
    SessionLimit,
    SlowStart,
    Squeeze,
    SsrcJump,
    StreamChange,
    TimestampJump,
    UdpNoise,
    Uplink,
)
KINDS: dict[str, type[Fault]] = {fault.kind: fault for fault in _ALL}
"""Every fault by the name that the control API knows."""


def parse(record: dict[str, Any]) -> Fault:
    """The fault that `{"kind": …, "cameras": […], …}` describes.

    Raises:
        ConfigError: unknown kind or key, or a value that makes no sense.
    """
    values = dict(record)
    kind = values.pop("kind", None)
    if kind not in KINDS:
        raise ConfigError(f"unknown fault {kind!r}", where="kind", why=f"known: {', '.join(KINDS)}")
    cameras = values.pop("cameras", None)
    if not isinstance(cameras, list) or not cameras or not all(isinstance(camera, str) for camera in cameras):
        raise ConfigError("a fault names its cameras", where="cameras", next='give a list of ids: ["cam-000001"]')
    known = [field.name for field in fields(KINDS[kind]) if field.init and field.name != "cameras"]
    if not set(values) <= set(known):
        unknown = ", ".join(sorted(set(values) - set(known)))
        raise ConfigError(
            f"fault {kind!r} cannot be made",
            where="fault",
            why=f"it has no {unknown}; known: {', '.join(known)}",
        )
    try:
        return KINDS[kind](cameras=frozenset(cameras), **values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"fault {kind!r} cannot be made", where="fault", why=str(error)) from error


def check(record: dict[str, Any]) -> None:
    """Refuse what no fleet could make a fault of; which cameras there are, the fleet itself knows.

    Raises:
        ConfigError: unknown kind or key, or a value that makes no sense.
    """
    parse(with_clip(record, lambda _: "the clip of that camera"))
