"""Assign cameras to gateways: stable when cameras come and go, and balanced by bit rate."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from citycam.model.camera import Camera

HEADROOM = 1.05
"""A gateway may carry at most this multiple of the mean load, or of the mean plus one camera."""


def assign(
    cameras: Sequence[Camera], gateways: Sequence[str], before: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Gateway name → ids of its cameras, sorted. `before` maps cameras to the gateways that record them now.

    Whoever is recorded stays, unless the gateway is gone or would carry too much. The others are placed by rendezvous
    hashing with bounded loads (Thaler and Ravishankar 1998; Mirrokni et al. 2018): a camera goes to the one it ranks
    first that is not full, of those that had none, then of all. Independent of the order of `cameras`.
    """
    load = dict.fromkeys(gateways, 0)
    total = sum(camera.stream.bitrate for camera in cameras)
    largest = max((camera.stream.bitrate for camera in cameras), default=0)
    limit = max(total / len(gateways) * HEADROOM, total / len(gateways) + largest)
    homes: dict[str, str] = {}
    before = before or {}
    known = set(before.values())

    def place(camera: Camera, ranked: Iterable[str]) -> None:
        home = next((name for name in ranked if load[name] + camera.stream.bitrate <= limit), None)
        if home is not None:
            homes[camera.id] = home
            load[home] += camera.stream.bitrate

    ordered = sorted(cameras, key=lambda one: one.id)
    recorded = [(camera, home) for camera in ordered if (home := before.get(camera.id, "")) in load]
    # Those that rank their own gateway lowest are the ones to leave it, if any must.
    for camera, home in sorted(recorded, key=lambda one: _score(one[0].id, one[1]), reverse=True):
        place(camera, [home])
    for camera in ordered:
        if camera.id not in homes:
            place(camera, sorted(gateways, key=lambda name: (name not in known, _score(camera.id, name)), reverse=True))
    return {name: sorted(camera for camera, home in homes.items() if home == name) for name in gateways}


def _score(camera: str, gateway: str) -> bytes:
    return hashlib.blake2b(f"{camera}@{gateway}".encode(), digest_size=8).digest()
