"""Assign cameras to gateways: stable when cameras come and go, and balanced by bit rate."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from citycam.model.camera import Camera

HEADROOM = 1.05
"""A gateway may carry at most this multiple of the mean load, or of the mean plus one camera."""


def assign(cameras: Sequence[Camera], gateways: Sequence[str]) -> dict[str, list[str]]:
    """Gateway name → ids of its cameras, sorted.

    Rendezvous hashing with bounded loads (Thaler and Ravishankar 1998; Mirrokni et al. 2018): a camera goes to the
    gateway it ranks first that is not full. Independent of the order of `cameras`.
    """
    load = dict.fromkeys(gateways, 0)
    shards: dict[str, list[str]] = {name: [] for name in gateways}
    total = sum(camera.stream.bitrate for camera in cameras)
    largest = max((camera.stream.bitrate for camera in cameras), default=0)
    limit = max(total / len(gateways) * HEADROOM, total / len(gateways) + largest)
    for camera in sorted(cameras, key=lambda one: one.id):
        ranked = sorted(gateways, key=lambda name: _score(camera.id, name), reverse=True)
        home = next(name for name in ranked if load[name] + camera.stream.bitrate <= limit)
        shards[home].append(camera.id)
        load[home] += camera.stream.bitrate
    return shards


def _score(camera: str, gateway: str) -> bytes:
    return hashlib.blake2b(f"{camera}@{gateway}".encode(), digest_size=8).digest()
