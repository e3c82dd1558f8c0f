"""What an environment has in the engine, found by label: for status, for leftovers, and for force."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import docker

from infra.provider.convergence import wait_gone
from infra.provider.engine import ENVIRONMENT, PART, connect, owned, remove, tasks_of


@dataclass(frozen=True)
class Found:
    """An object of the engine: what kind, its name and id."""

    kind: str
    name: str
    id: str


@dataclass(frozen=True)
class PartStatus:
    """One service: how many tasks are wanted and run, the state of the newest task, and the nodes that they run on."""

    part: str
    desired: int
    running: int
    state: str
    nodes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all that is wanted runs."""
        return self.running >= self.desired


def parts(environment: str) -> list[PartStatus]:
    """Every service of an environment, by name of the part."""
    client = connect()
    names: dict[str, str] = {}
    found = []
    for service in client.services.list(filters=owned(environment)):
        spec = service.attrs["Spec"]
        tasks = sorted(tasks_of(client, str(service.id)), key=lambda task: str(task["CreatedAt"]))
        wanted = [task for task in tasks if task["DesiredState"] == "running"]
        states = [str(task["Status"]["State"]) for task in wanted]
        running = {str(task.get("NodeID", "")) for task in wanted if task["Status"]["State"] == "running"} - {""}
        if not running <= names.keys():
            names |= {str(node["ID"]): str(node["Description"]["Hostname"]) for node in client.api.nodes()}
        trouble = str(tasks[-1]["Status"].get("Err", "")) if tasks else ""
        state = states[-1] if states else "no task"
        found.append(
            PartStatus(
                part=str(spec["Labels"].get(PART, spec["Name"])),
                desired=int(spec["Mode"]["Replicated"]["Replicas"]),
                running=states.count("running"),
                state=f"{state}: {trouble}" if trouble and state != "running" else state,
                nodes=tuple(sorted(names.get(id_, id_) for id_ in running)),
            )
        )
    return sorted(found, key=lambda part: part.part)


def find_all(environment: str, volumes: bool = True, keep: Collection[str] = ()) -> list[Found]:
    """Everything of an environment but what is called as in `keep`, in the order in which it can be removed."""
    client, chosen = connect(), owned(environment)
    found = [Found("service", str(each.name), str(each.id)) for each in client.services.list(filters=chosen)]
    found += [
        Found("container", str(each.name), str(each.id))
        for each in client.containers.list(all=True, filters=chosen, ignore_removed=True)
    ]
    found += [Found("secret", str(each.name), str(each.id)) for each in client.secrets.list(filters=chosen)]
    found += [Found("config", str(each.name), str(each.id)) for each in client.configs.list(filters=chosen)]
    found += _networks(client, environment)
    if volumes:
        found += [Found("volume", str(each.name), str(each.name)) for each in client.volumes.list(filters=chosen)]
    return [each for each in found if each.name not in keep]


def _networks(client: docker.DockerClient, environment: str) -> list[Found]:
    """Networks of ours; those made from a configuration carry no label, and go before their configuration."""
    listed = client.api.networks()
    ours = {each["Name"]: each for each in listed if (each.get("Labels") or {}).get(ENVIRONMENT) == environment}
    dependent = [each for each in listed if (each.get("ConfigFrom") or {}).get("Network") in ours]
    return [Found("network", each["Name"], each["Id"]) for each in (*dependent, *ours.values())]


def force_clean(
    environment: str, on_remove: Callable[[Found], None] | None = None, keep: Collection[str] = ()
) -> list[Found]:
    """Remove everything that carries the environment's label, volumes too, whoever made it; what was removed.

    For stacks whose state is lost. Folders of the node stay.
    """
    client = connect()
    removed = []
    for found in find_all(environment, keep=keep):
        path = f"/{found.kind}s/{found.id}"
        if found.kind == "container":
            # Those of services end with them; what is left is not ours to wait for.
            client.api.delete(f"{client.api.base_url}{path}", params={"force": True})
        else:
            remove(client, path)
        if found.kind == "service":
            wait_gone(client, found.id)
        removed.append(found)
        if on_remove:
            on_remove(found)
    return removed


def say(found: Iterable[Found]) -> str:
    """One line of kinds and names."""
    return ", ".join(f"{each.kind} {each.name}" for each in found)
