"""What a model's plate and web server say. Plain: every camera in the process that sends holds one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Equipment:
    """One model's; times in seconds. See `simulators.profiles.onvif.Onvif`."""

    manufacturer: str
    product: str
    firmware: str
    hardware: str
    profiles: tuple[str, ...]
    server: str
    snapshot: str
    ptz: bool
    events: bool
    discovery: bool
    days: int
    token_window: float
    boot: float
    canaries: tuple[str, ...] = ()


def equipment(record: dict[str, Any]) -> Equipment:
    """Build it from a profile's `onvif`, read as JSON."""
    values: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in record.items()}
    return Equipment(**values)
