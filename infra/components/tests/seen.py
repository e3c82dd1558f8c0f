"""What a part of the platform sees: its folders and its secret files."""

from __future__ import annotations

from typing import Any

from infra.tests.mocked import Platform

MIB = 2**20


def mounts(platform: Platform, service: str) -> dict[str, dict[str, Any]]:
    """What is mounted in a service, by its place there."""
    return {mount["target"]: mount for mount in platform.one("Service", service)["mounts"]}


def volume(platform: Platform, name: str) -> str:
    """What a mount of that volume names."""
    return platform.all("Volume")[name].id


def files(platform: Platform, service: str, kind: str = "secrets") -> dict[str, tuple[str, int]]:
    """Files of secrets or configs in a service: place → what it holds and whose it is; nobody else may read it."""
    declared = platform.one("Service", service)[kind]
    assert all(file["mode"] == 0o400 for file in declared)
    return {file["path"]: (file["name"].removeprefix("object-of-"), int(file["uid"])) for file in declared}
