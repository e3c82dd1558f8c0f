"""Configs of the Swarm: files that hold no secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from docker import APIClient
from pulumi.dynamic import Resource

from infra.provider.sealed import SealedProvider


@dataclass(frozen=True)
class ConfigArgs:
    """A config."""

    name: str
    environment: str
    content: str


class ConfigProvider(SealedProvider):
    """The engine's configs."""

    kind = "config"

    def make(self, api: APIClient, name: str, content: bytes, labels: dict[str, str]) -> str:
        """Create the config."""
        return str(api.create_config(name, content, labels)["ID"])

    def inspect(self, api: APIClient, id_: str) -> dict[str, Any]:
        """Its inspection."""
        found: dict[str, Any] = api.inspect_config(id_)  # type: ignore[no-untyped-call]
        return found


class Config(Resource, module="docker", name="Config"):
    """A config of the stack; `object_name` is what the engine calls it."""

    object_name: pulumi.Output[str]

    def __init__(self, name: str, args: ConfigArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ConfigProvider(), name, {**vars(args), "key": "", "object_name": None}, opts)
