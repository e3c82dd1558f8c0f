"""New passwords for cameras that are being recorded, without a lost frame: make before break. Pure.

MediaMTX begins a path anew when its password changes; what the camera sends meanwhile is lost. So each camera gets a
second path first, with the new password and a folder of its own; when that records, the first takes the new password;
when that records again, the second goes, and what it wrote is put beside the other recordings of the camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

BESIDE = "-next"
"""What the second path of a camera is called after its id."""

Gateway = Mapping[str, Any]
"""An entry of `gateway_config_gateways`: `name`, folders, and `cameras` with `id` and `password`."""


def beside(gateways: Sequence[Gateway], renewed: Mapping[str, str]) -> list[dict[str, Any]]:
    """First step: cameras of `renewed` (id → new password) go on, and have a second path with the new password."""
    return [_with(gateway, [*gateway["cameras"], *_seconds(gateway, renewed)]) for gateway in gateways]


def over(gateways: Sequence[Gateway], renewed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Second step: both paths have the new password."""
    return [_with(after, [*after["cameras"], *_seconds(after, renewed)]) for after in alone(gateways, renewed)]


def alone(gateways: Sequence[Gateway], renewed: Mapping[str, str]) -> list[dict[str, Any]]:
    """Last step, and how it stays: one path, the new password."""
    return [_with(gateway, [_renew(camera, renewed) for camera in gateway["cameras"]]) for gateway in gateways]


def _with(gateway: Gateway, cameras: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**gateway, "cameras": list(cameras)}


def _renew(camera: Mapping[str, Any], renewed: Mapping[str, str]) -> dict[str, Any]:
    return {**camera, "password": renewed.get(camera["id"], camera["password"])}


def _seconds(gateway: Gateway, renewed: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {**_renew(camera, renewed), "id": camera["id"] + BESIDE}
        for camera in gateway["cameras"]
        if camera["id"] in renewed
    ]
