"""While a stack is changed every gateway stays where it runs: Swarm starts a new task wherever labels allow it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException

from citycam.model.environment import Environment
from citycam.plan.labels import GATEWAY, YES, Swarm
from infra.provider.engine import PART, connect, owned, tasks_of

TRIES = 5
"""How often a node is labelled anew when somebody else changed it meanwhile."""

logger = logging.getLogger(__name__)


@contextmanager
def pinned(environment: Environment) -> Iterator[None]:
    """Take the labels of a gateway off all nodes but the one that it runs on, and put them back afterwards.

    Whatever dies meanwhile is not taken over until then. On one machine there is nothing to do.
    """
    if environment.nodes is None:
        yield
        return
    client = connect()
    taken = elsewhere(environment.gateway_names, observe(client, environment))
    for node, labels in taken.items():
        _label(client, node, remove=labels)
    try:
        yield
    finally:
        try:
            for node, labels in taken.items():
                _label(client, node, add=labels)
        except (DockerException, requests.RequestException, OSError) as error:
            # What went before is what matters; this is mended by the verb that keeps labels.
            logger.warning("standbys are not labelled again (%s): citycam hosts recover", error)


def elsewhere(gateways: Iterable[str], swarm: Swarm) -> dict[str, list[str]]:
    """Node → the labels by which a gateway that may stay where it runs might move there; others keep all of theirs."""
    taken: dict[str, list[str]] = {}
    for gateway in gateways:
        here, may = swarm.running.get(gateway, ""), swarm.labelled(gateway)
        for node in sorted(may - {here}) if here in may else ():
            taken.setdefault(node, []).append(GATEWAY + gateway)
    return taken


def observe(client: docker.DockerClient, environment: Environment) -> Swarm:
    """Labels of every node, by its id, and the node that runs each gateway."""
    nodes: list[dict[str, Any]] = client.api.nodes()
    labels = {str(node["ID"]): node["Spec"].get("Labels") or {} for node in nodes}
    running = {}
    for service in client.services.list(filters=owned(environment.name)):
        part = str(service.attrs["Spec"]["Labels"].get(PART, ""))
        if part in environment.gateway_names:
            running[part] = _where(tasks_of(client, str(service.id)))
    return Swarm(labels=labels, running=running)


def _where(tasks: Iterable[Mapping[str, Any]]) -> str:
    """The node of the task that runs and is to run on; none where no task does."""
    alive = [task for task in tasks if task["DesiredState"] == task["Status"]["State"] == "running"]
    return str(max(alive, key=lambda task: str(task["CreatedAt"]))["NodeID"]) if alive else ""


def _label(client: docker.DockerClient, node: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
    for attempt in range(1, TRIES + 1):
        found = client.api.inspect_node(node)
        labels = {key: value for key, value in (found["Spec"].get("Labels") or {}).items() if key not in set(remove)}
        spec = found["Spec"] | {"Labels": labels | dict.fromkeys(add, YES)}
        try:
            client.api.update_node(node, found["Version"]["Index"], spec)
        except APIError as error:
            if attempt == TRIES or "out of sequence" not in str(error):
                raise
        else:
            return
