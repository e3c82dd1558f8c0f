"""Services of the Swarm: every program of the platform is one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import docker
import pulumi
from docker.errors import APIError, ImageNotFound
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from citycam.model.errors import EnvironmentFailure
from infra.provider.convergence import wait_gone, wait_running
from infra.provider.declared import DeclaredProvider, Properties
from infra.provider.engine import IMAGE, connect, explain, find, inspect_service, remove, require_owned
from infra.provider.service_args import ServiceArgs
from infra.provider.service_spec import observe, request


class ServiceProvider(DeclaredProvider):
    """Creates, reads, updates and deletes services. An operation is over when the tasks run."""

    declared = (
        *("name", "environment", "part", "image", "command", "args", "env", "user", "mounts", "secrets", "configs"),
        *("networks", "ports", "cap_add", "cap_drop", "read_only", "init", "memory", "millicpus", "pids", "nofile"),
        *("healthcheck", "placement", "replicas", "stop_grace", "restart_delay", "restart", "log", "ready"),
    )
    # A network that is replaced must be left first: the service goes with it.
    fixed = ("name", "environment", "networks")

    def create(self, props: Properties) -> CreateResult:
        """Make the service, or take over and update the one an interrupted run left."""
        wanted = self.own(props)
        client = connect()
        began = datetime.now(UTC)
        found = find(lambda: inspect_service(client, wanted["name"]))
        if found is not None:
            require_owned("service", wanted["name"], found["Spec"].get("Labels"), wanted["environment"])
            update(client, found["ID"], wanted, began)
            return CreateResult(found["ID"], wanted)
        body = request(wanted, image_id(client, wanted["image"]))
        try:
            id_ = client.api.create_service(**body)["ID"]  # type: ignore[no-untyped-call]
        except APIError as error:
            raise _refused(wanted["name"], error) from None
        wait_running(client, id_, began, wanted["ready"])
        return CreateResult(id_, wanted)

    def read(self, id_: str, props: Properties) -> ReadResult:
        """What the engine has under this id."""
        client = connect()
        found = find(lambda: inspect_service(client, id_))
        if found is None:
            return ReadResult(None, {})
        seen = observe(found["Spec"], image_name(client, found["Spec"]))
        return ReadResult(id_, {**self.own(props), **seen})

    def update(self, id_: str, _olds: Properties, news: Properties) -> UpdateResult:
        """Change the service in place, tasks one after another."""
        wanted = self.own(news)
        update(connect(), id_, wanted, datetime.now(UTC))
        return UpdateResult(wanted)

    def delete(self, id_: str, _props: Properties) -> None:
        """Remove it and wait for its containers' end; an absent one is fine."""
        client = connect()
        remove(client, f"/services/{id_}")
        wait_gone(client, id_)


def update(client: docker.DockerClient, id_: str, wanted: Properties, began: datetime) -> None:
    """Make an existing service what is wanted, and wait until it runs so.

    Raises:
        EnvironmentFailure: the engine refuses, or the tasks do not stay up.
        DeadlineExceeded: they do not run in time.
    """
    body = request(wanted, image_id(client, wanted["image"]))
    found = inspect_service(client, id_)
    try:
        client.api.update_service(id_, found["Version"]["Index"], fetch_current_spec=False, **body)
    except APIError as error:
        raise _refused(wanted["name"], error) from None
    wait_running(client, id_, began, wanted["ready"])


def image_id(client: docker.DockerClient, name: str) -> str:
    """The id of a local image: a Swarm asks no registry for it. A name with a digest is used as it is.

    Raises:
        EnvironmentFailure: there is no such image.
    """
    if "@sha256:" in name:
        return name
    try:
        return str(client.images.get(name).id)
    except ImageNotFound:
        raise EnvironmentFailure(
            f"there is no image {name}", where="docker", next="build it: python -m infra.images build"
        ) from None


def image_name(client: docker.DockerClient, spec: dict[str, Any]) -> str:
    """The name a service's image is known by; what it really runs where that is not the image of that name."""
    runs = str(spec["TaskTemplate"]["ContainerSpec"]["Image"])
    name = str((spec.get("Labels") or {}).get(IMAGE, ""))
    image = find(lambda: client.images.get(name)) if name else None
    return name if runs == name or (image is not None and image.id == runs) else runs


def _refused(name: str, error: APIError) -> EnvironmentFailure:
    return EnvironmentFailure(f"the service {name} was refused", where="docker", why=explain(error))


class Service(Resource, module="docker", name="Service"):
    """A service of the stack."""

    name: pulumi.Output[str]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(ServiceProvider(), name, args.properties(), opts)
