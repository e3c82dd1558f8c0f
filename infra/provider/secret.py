"""Secrets of the Swarm: files in a container's memory, readable by one user, in no inspection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from docker import APIClient
from pulumi.dynamic import Resource

from infra.provider.sealed import SealedProvider


@dataclass(frozen=True)
class SecretArgs:
    """A secret; `key` makes the hash in its name useless to whoever would guess the content."""

    name: str
    environment: str
    content: pulumi.Input[str]
    key: pulumi.Input[str]


class SecretProvider(SealedProvider):
    """The engine's secrets."""

    kind = "secret"

    def make(self, api: APIClient, name: str, content: bytes, labels: dict[str, str]) -> str:
        """Create the secret."""
        return str(api.create_secret(name, content, labels)["ID"])

    def inspect(self, api: APIClient, id_: str) -> dict[str, Any]:
        """Everything but its content."""
        found: dict[str, Any] = api.inspect_secret(id_)
        return found


class Secret(Resource, module="docker", name="Secret"):
    """A secret of the stack; `object_name` is what the engine calls it."""

    object_name: pulumi.Output[str]

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        props = {
            "name": args.name,
            "environment": args.environment,
            "content": pulumi.Output.secret(args.content),
            "key": pulumi.Output.secret(args.key),
            "object_name": None,
        }
        super().__init__(SecretProvider(), name, props, opts)
