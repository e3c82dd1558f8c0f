"""Put images into the registry of an environment, and keep which digest each tag has there.

The registry is reached through SSH to its node and appears as a port of our loopback, where an engine asks for no
certificate. Nodes get images by digest alone, so neither a tag nor the registry itself can change what they run.
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException

from citycam.model.environment import Environment, Nodes
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.images.build import Report, build
from infra.images.contexts import RECIPES, tags
from infra.nodes import roster
from infra.reach import forwarded

ON_HOSTS = tuple(name for name in RECIPES if name not in ("base", "python", "lab-host"))
"""Images that nodes run: no parents, no lab."""
STANDING = tuple(name for name in ON_HOSTS if name != "loadgen")
"""Those of the stack; load comes for a run."""

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DIGEST = "Docker-Content-Digest"


def push(environment: Environment, report: Report = print, project: Path = PROJECT) -> dict[str, str]:
    """Have every image in the environment's registry; name → reference by digest, which is also written down.

    What was not built is built; what is there is not sent again; layers that images share are sent once.

    Raises:
        ConfigError: the environment is one machine and has no registry.
        EnvironmentFailure: an image cannot be built, or the registry does not answer or take it.
    """
    with _registry(environment, project) as (nodes, local):
        built = build(ON_HOSTS, report)
        wanted = {name: built[name] for name in ON_HOSTS}
        engine = _local_engine()
        sent = [tag for tag in wanted.values() if "@" not in tag]
        # Compressing is most of the work, and the engine does it on one core an image.
        with ThreadPoolExecutor(max_workers=2) as pool:
            digests = dict(zip(sent, pool.map(lambda tag: _ensure(engine, local, tag, report), sent), strict=True))
    found = Workspace.of(environment.name, project).images
    found.parent.mkdir(parents=True, exist_ok=True)
    new = found.with_suffix(".new")
    new.write_text(json.dumps({"schema_version": 1, "digests": digests}, indent=1) + "\n", encoding="utf-8")
    new.replace(found)
    return {name: reference(nodes, tag, digests) for name, tag in wanted.items()}


def push_one(environment: Environment, tag: str, report: Report = print, project: Path = PROJECT) -> str:
    """Have one image of this machine's engine in the environment's registry; its reference by digest.

    Raises:
        ConfigError: the environment is one machine and has no registry.
        EnvironmentFailure: there is no such image, or the registry does not answer or take it.
    """
    with _registry(environment, project) as (nodes, local):
        return reference(nodes, tag, {tag: _ensure(_local_engine(), local, tag, report)})


@contextmanager
def _registry(environment: Environment, project: Path) -> Iterator[tuple[Nodes, str]]:
    """The environment's nodes, and an end of ours that leads to their registry."""
    if environment.nodes is None:
        raise ConfigError(
            f"the environment {environment.name} has no registry: it is this one machine",
            next="name an environment file with nodes",
        )
    host, _, port = environment.nodes.registry.rpartition(":")
    node = roster(environment, project).nodes.get(host)
    if node is None:
        raise ConfigError(f"the registry's host {host} is not in the inventory", where=str(environment.nodes.hosts))
    local = f"127.0.0.1:{_free_port()}"
    with forwarded(node, f"{node.address}:{port}", local):
        yield environment.nodes, local


def pushed(environment: Environment, workspace: Workspace, names: Collection[str] = STANDING) -> dict[str, str]:
    """Name → the reference that services run: by digest in the environment's registry; by tag on one machine.

    Raises:
        EnvironmentFailure: an image as it is now was never pushed.
    """
    if environment.nodes is None:
        return tags()
    try:
        digests = json.loads(workspace.images.read_text(encoding="utf-8"))["digests"]
    except (OSError, ValueError, KeyError):
        digests = {}
    nodes = environment.nodes
    return {name: reference(nodes, tag, digests) for name, tag in tags().items() if name in names}


def reference(nodes: Nodes, tag: str, digests: Mapping[str, str]) -> str:
    """What nodes call an image: `<registry>/citycam/<name>@sha256:…`. One that is pinned by digest keeps its name.

    Raises:
        EnvironmentFailure: it was never pushed.
    """
    if "@" in tag:
        return tag
    if tag not in digests:
        raise EnvironmentFailure(
            f"the image {tag} was not pushed to {nodes.registry}",
            where="images",
            next="python -m infra.images push --environment FILE",
        )
    return f"{nodes.registry}/{tag.partition(':')[0]}@{digests[tag]}"


def _ensure(engine: docker.DockerClient, registry: str, tag: str, report: Report) -> str:
    """The digest of an image in the registry, which it is sent to unless it is there."""
    repository, _, version = tag.partition(":")
    there = _digest(registry, repository, version)
    if there:
        report(f"{tag} is there")
        return there
    report(f"{tag}: pushing")
    away = f"{registry}/{repository}"
    try:
        engine.images.get(tag).tag(away, version)
        try:
            _follow(tag, engine.api.push(away, version, stream=True, decode=True))
        finally:
            engine.api.remove_image(f"{away}:{version}", noprune=True)
    except APIError as error:
        raise EnvironmentFailure(f"{tag} cannot be pushed", where=registry, why=str(error.explanation)) from None
    there = _digest(registry, repository, version)
    if not there:
        raise EnvironmentFailure(f"{tag} was pushed and is not there", where=registry)
    return there


def _digest(registry: str, repository: str, version: str) -> str:
    """The digest of a tag in a registry, or nothing (OCI Distribution 1.0, "Checking if content exists")."""
    request = urllib.request.Request(
        f"https://{registry}/v2/{repository}/manifests/{version}", method="HEAD", headers={"Accept": MANIFEST}
    )
    # It is the end of our own SSH tunnel: its certificate names the node, and SSH has checked who that is.
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    try:
        with urllib.request.urlopen(request, timeout=30, context=trusting) as answer:  # noqa: S310
            return str(answer.headers[DIGEST])
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return ""
        raise EnvironmentFailure("the registry refuses", where=registry, why=f"HTTP {error.code}") from None
    except OSError as error:
        raise EnvironmentFailure(
            "the registry does not answer", where=registry, why=str(error), next="citycam hosts deploy"
        ) from None


def _follow(tag: str, lines: Any) -> None:
    for line in lines:
        if "error" in line:
            raise EnvironmentFailure(f"{tag} cannot be pushed", where="registry", why=str(line["error"]))


def _local_engine() -> docker.DockerClient:
    """The engine that images were built on: it must run on this machine, or our loopback would not be its own."""
    try:
        return docker.from_env(timeout=600)
    except DockerException as error:
        raise EnvironmentFailure("Docker failed", where="images", why=str(error), next="run `make setup`") from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
