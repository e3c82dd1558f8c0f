"""The Docker engine as a Swarm manager: connecting to it, and the labels by which we know what is ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

import docker
from docker.errors import APIError, DockerException, NotFound

from citycam.model.errors import EnvironmentFailure

ENVIRONMENT = "citycam.environment"
"""Label on everything we make: the environment it belongs to."""
PART = "citycam.part"
"""Label on services and containers: which part of the platform they are."""
IMAGE = "citycam.image"
"""Label on services: the image by name; the service itself runs it by id, which no registry is asked for."""
CONTENT = "citycam.content"
"""Label on secrets and configs: a keyed hash of their content."""

T = TypeVar("T")


@cache
def connect() -> docker.DockerClient:
    """A client of the engine that `DOCKER_HOST` names, else the local one.

    Raises:
        EnvironmentFailure: it does not answer.
    """
    try:
        client = docker.from_env(timeout=90)
        client.ping()
    except DockerException as error:
        raise EnvironmentFailure(
            "the Docker engine does not answer",
            where="docker",
            why=str(error),
            next="start it (make setup does), or point DOCKER_HOST at it",
        ) from error
    return client


def require_manager(client: docker.DockerClient) -> None:
    """Make sure that this engine manages a Swarm of its own.

    Raises:
        EnvironmentFailure: no Swarm, or somebody else's.
    """
    swarm = client.info().get("Swarm", {})
    state = swarm.get("LocalNodeState", "inactive")
    if state != "active":
        raise EnvironmentFailure(
            f"the Docker engine is in no Swarm (its state is {state})",
            where="docker",
            next="run make setup, or: docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1",
        )
    if not swarm.get("ControlAvailable", False):
        raise EnvironmentFailure(
            "the Docker engine works for a Swarm that it does not manage",
            where="docker",
            why=f"node {swarm.get('NodeID', '')} is a worker",
            next="use another machine, or take this one out of that Swarm: docker swarm leave",
        )


def owned(environment: str) -> dict[str, Any]:
    """Filter of the engine's lists: only what belongs to `environment`."""
    return {"label": f"{ENVIRONMENT}={environment}"}


def require_owned(kind: str, name: str, labels: Mapping[str, str] | None, environment: str) -> None:
    """Refuse to touch an object that carries our name but not our label.

    Raises:
        EnvironmentFailure: it belongs to somebody else.
    """
    if (labels or {}).get(ENVIRONMENT) != environment:
        raise EnvironmentFailure(
            f"a {kind} named {name} exists and is not ours",
            where="docker",
            why=f"it lacks the label {ENVIRONMENT}={environment}",
            next=f"remove or rename it: docker {kind} rm {name}",
        )


def explain(error: APIError) -> str:
    """What the engine said, in its own words: never the request, which may hold secrets."""
    said: str | bytes | None = error.explanation
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said or error)


def remove(client: docker.DockerClient, path: str, seconds: float = 60.0) -> None:
    """DELETE `path`, again while the engine says the object is in use; an absent object is fine.

    Raises:
        EnvironmentFailure: it is still in use at the deadline, or the engine refuses.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = client.api.delete(f"{client.api.base_url}{path}")
        if answer.ok or answer.status_code == 404:
            return
        said = _message(answer.text)
        if time.monotonic() > deadline:
            raise EnvironmentFailure(
                f"cannot delete {path}", where="docker", why=said, next="end what uses it and run again"
            )
        time.sleep(0.5)


def post(client: docker.DockerClient, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST what the Docker SDK has no words for (config-only networks).

    Raises:
        EnvironmentFailure: the engine refuses.
    """
    answer = client.api.post(f"{client.api.base_url}{path}", json=body)
    if not answer.ok:
        raise EnvironmentFailure(f"{path} was refused", where="docker", why=_message(answer.text))
    found: dict[str, Any] = answer.json()
    return found


def find(get: Callable[[], T]) -> T | None:
    """The result of `get`, or None where the engine knows no such object."""
    try:
        return get()
    except NotFound:
        return None


def inspect_service(client: docker.DockerClient, id_: str) -> dict[str, Any]:
    """A service by id or name; raises NotFound."""
    found: dict[str, Any] = client.api.inspect_service(id_)  # type: ignore[no-untyped-call]
    return found


def tasks_of(client: docker.DockerClient, id_: str) -> list[dict[str, Any]]:
    """Present and past tasks of a service."""
    found: list[dict[str, Any]] = client.api.tasks({"service": id_})  # type: ignore[no-untyped-call]
    return found


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text.strip()
