"""Waiting until a service's tasks run as declared, and saying what keeps them from it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import docker
from docker.errors import APIError

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from infra.provider.engine import inspect_service, tasks_of

SETTLED_S = 1.5
"""How long a task without a health check must have run before it counts: a bad start shows at once."""
PATIENCE = 3
"""Tasks that may end before a service is called broken: one may lose a race with a part it needs."""

PULLING_S = 900.0
"""How long nodes may take to get an image; where it lies there already it is no time at all."""

GONE_S = 180.0
"""How long containers of a removed service may take to end: more than any part's `stop_grace`, by the minute and more
that a node which was cut off needs before it does what it is told."""

_ENDED = {"failed", "rejected", "complete", "orphaned"}


@dataclass(frozen=True)
class Progress:
    """What a look at a service's tasks shows. Those that are `preparing` get their image."""

    running: int
    ended: int
    trouble: str
    preparing: int = 0


def wait_running(
    client: docker.DockerClient, id_: str, since: datetime, ready: Sequence[str] = (), seconds: float = 120.0
) -> None:
    """Wait until all replicas of the service run its present specification, and `ready` succeeds in those of this node.

    The time that nodes take to get its image does not count, within `PULLING_S`.

    Raises:
        EnvironmentFailure: its tasks end again and again.
        DeadlineExceeded: they do not run in time.
    """
    deadline = time.monotonic() + seconds
    last = deadline + PULLING_S
    while True:
        service = inspect_service(client, id_)
        spec = service["Spec"]
        wanted = spec["Mode"]["Replicated"]["Replicas"]
        found = look(spec, tasks_of(client, id_), since, datetime.now(UTC))
        updating = (service.get("UpdateStatus") or {}).get("State") == "updating"
        if found.running >= wanted and not updating and is_ready(client, id_, ready):
            return
        if found.ended >= PATIENCE:
            raise EnvironmentFailure(
                f"the tasks of {spec['Name']} do not stay up",
                where="docker",
                why=found.trouble,
                next=f"docker service logs {spec['Name']}",
            )
        if found.preparing:
            deadline = min(time.monotonic() + seconds, last)
        if time.monotonic() > deadline:
            raise DeadlineExceeded(
                f"{spec['Name']}: {found.running} of {wanted} tasks run after {seconds:.0f} s",
                where="docker",
                why=found.trouble,
                next=f"docker service ps --no-trunc {spec['Name']}",
            )
        time.sleep(0.2)


def is_ready(client: docker.DockerClient, id_: str, command: Sequence[str]) -> bool:
    """Whether `command` succeeds in every container of the service on this node."""
    if not command:
        return True
    try:
        for container in client.api.containers(filters={"label": f"com.docker.swarm.service.id={id_}"}):
            run = client.api.exec_create(container["Id"], list(command))["Id"]
            client.api.exec_start(run)
            if client.api.exec_inspect(run)["ExitCode"] != 0:
                return False
    except APIError:
        return False  # the container ended meanwhile: its task will tell why
    return True


def look(spec: dict[str, Any], tasks: Sequence[dict[str, Any]], since: datetime, now: datetime) -> Progress:
    """Count the tasks that run this very specification, and those that ended since the operation began."""
    template = spec["TaskTemplate"]
    running = [task for task in tasks if _runs(task, template, now)]
    ended = [task for task in tasks if task["Status"]["State"] in _ENDED and _time(task["CreatedAt"]) >= since]
    # Newest first: the last word is the one that helps.
    ordered = sorted(tasks, key=lambda task: str(task["CreatedAt"]), reverse=True)
    troubles = [said for task in ordered if (said := _trouble(task))]
    preparing = sum(task["Status"]["State"] == "preparing" for task in tasks)
    return Progress(len(running), len(ended), troubles[0] if troubles else "no task has said why", preparing)


def wait_gone(client: docker.DockerClient, id_: str, seconds: float = GONE_S) -> None:
    """Wait until no container of a removed service is left, so that its networks and volumes are free.

    Raises:
        DeadlineExceeded: some are.
    """
    deadline = time.monotonic() + seconds
    chosen = {"label": f"com.docker.swarm.service.id={id_}"}
    while left := client.api.containers(all=True, filters=chosen):
        if time.monotonic() > deadline:
            names = ", ".join(name for container in left for name in container["Names"])
            raise DeadlineExceeded(f"containers still run after {seconds:.0f} s", where="docker", why=names)
        time.sleep(0.2)


def _runs(task: dict[str, Any], template: dict[str, Any], now: datetime) -> bool:
    if task["Status"]["State"] != "running" or task["DesiredState"] != "running":
        return False
    same = all(task["Spec"].get(key) == template.get(key) for key in ("ContainerSpec", "Networks", "Resources"))
    checked = bool(template["ContainerSpec"].get("Healthcheck"))
    return same and (checked or (now - _time(task["Status"]["Timestamp"])).total_seconds() >= SETTLED_S)


def _trouble(task: dict[str, Any]) -> str:
    status = task["Status"]
    code = (status.get("ContainerStatus") or {}).get("ExitCode")
    parts = [status["State"], status.get("Err", ""), f"exit code {code}" if code else ""]
    return ": ".join(part for part in parts if part) if any(parts[1:]) else ""


def _time(text: str) -> datetime:
    """A time of the engine; it writes nanoseconds, Python reads microseconds."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}+00:00")
