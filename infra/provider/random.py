"""Generated secrets: made once, then kept in the encrypted state of the stack and nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from infra.provider.declared import DeclaredProvider, Properties

GENERATED = "**citycam:Random::{}"
"""Pulumi's pattern of a generated secret by its name: whoever replaces the resource draws the secret anew."""


@dataclass(frozen=True)
class RandomArgs:
    """A secret of `size` random bytes, written in URL-safe base64."""

    size: int = 24


class RandomProvider(DeclaredProvider):
    """Draws from the operating system's source of randomness."""

    declared = ("size",)
    fixed = declared
    delete_first = False

    def create(self, props: Properties) -> CreateResult:
        """Draw the secret."""
        value = secrets.token_urlsafe(int(props["size"]))
        return CreateResult(f"random-{secrets.token_hex(4)}", {**self.own(props), "value": value})

    def update(self, _id: str, olds: Properties, _news: Properties) -> UpdateResult:
        """Keep the secret: nothing about it can be updated."""
        return UpdateResult({**self.own(olds), "value": olds["value"]})


class Random(Resource, module="citycam", name="Random"):
    """A generated secret; `value` is a Pulumi secret."""

    value: pulumi.Output[str]

    def __init__(self, name: str, args: RandomArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["value"])
        super().__init__(
            RandomProvider(), name, {**vars(args), "value": None}, pulumi.ResourceOptions.merge(opts, secret)
        )
