"""A Docker engine written by hand: it keeps what it is told and answers as dockerd does; its tasks run at once."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import docker
import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from infra.provider.engine import connect

KINDS = ("services", "containers", "networks", "volumes", "secrets", "configs")


@dataclass(frozen=True)
class Answer:
    """An answer over HTTP."""

    status_code: int
    body: Any = None

    @property
    def ok(self) -> bool:
        return self.status_code < 400

    @property
    def text(self) -> str:
        return jsonlib.dumps(self.body)

    def json(self) -> Any:
        return self.body


@dataclass
class Api:
    """The low-level API. `objects` is what the engine has, by kind and id; `done` tells what was done to it.

    With `refusal` it refuses whatever is made; `busy` holds, by id, why an object cannot be deleted.
    """

    base_url: str = ""
    objects: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    done: list[str] = field(default_factory=list)
    refusal: str = ""
    busy: dict[str, str] = field(default_factory=dict)
    task: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0

    def delete(self, path: str, params: Mapping[str, Any] | None = None) -> Answer:
        _, kind, id_ = path.split("/")
        if id_ in self.busy:
            return Answer(409, {"message": self.busy[id_]})
        if self.objects[kind].pop(id_, None) is None:
            return Answer(404, {"message": f"no such object: {id_}"})
        self.done.append(f"delete {id_}")
        return Answer(204)

    def post(self, path: str, json: Mapping[str, Any]) -> Answer:
        if self.refusal:
            return Answer(400, {"message": self.refusal})
        made = {"Driver": "null", "Labels": {}, "Options": {}, **json}
        if "ConfigFrom" in json:
            # In use, it shows the driver and the addresses of its configuration.
            made |= {"Driver": "bridge", "IPAM": self.inspect_network(json["ConfigFrom"]["Network"])["IPAM"]}
        return Answer(201, {"Id": self.keep("networks", made)})

    def networks(self) -> list[dict[str, Any]]:
        return list(self.objects["networks"].values())

    def inspect_network(self, id_: str) -> dict[str, Any]:
        return self.found("networks", id_)

    def create_volume(self, name: str, driver: str, driver_opts: dict[str, str], labels: dict[str, str]) -> None:
        if name not in self.objects["volumes"]:  # one that is there is given back as it is
            made = {"Name": name, "Driver": driver, "Options": driver_opts or None, "Labels": labels}
            self.keep("volumes", made, name)

    def inspect_volume(self, name: str) -> dict[str, Any]:
        return self.found("volumes", name)

    def create_secret(self, name: str, data: bytes, labels: dict[str, str]) -> dict[str, Any]:
        self._refuse(data)
        return {"ID": self.keep("secrets", {"Spec": {"Name": name, "Labels": labels}})}

    def create_config(self, name: str, data: bytes, labels: dict[str, str]) -> dict[str, Any]:
        self._refuse(data)
        return {"ID": self.keep("configs", {"Spec": {"Name": name, "Labels": labels, "Data": data.decode()}})}

    def inspect_secret(self, id_: str) -> dict[str, Any]:
        return self.found("secrets", id_)

    def inspect_config(self, id_: str) -> dict[str, Any]:
        return self.found("configs", id_)

    def create_service(self, **body: Any) -> dict[str, Any]:
        self._refuse(body)
        return {"ID": self.keep("services", {"Spec": spec(body), "Version": {"Index": 1}})}

    def update_service(self, id_: str, version: int, fetch_current_spec: bool, **body: Any) -> None:
        self._refuse(body)
        service = self.found("services", id_)
        if version != service["Version"]["Index"] or fetch_current_spec:
            raise APIError("update out of sequence")
        service |= {"Spec": spec(body), "Version": {"Index": version + 1}}
        self.done.append(f"update {id_}")

    def inspect_service(self, id_: str) -> dict[str, Any]:
        return self.found("services", id_)

    def tasks(self, filters: Mapping[str, str]) -> list[dict[str, Any]]:
        template = self.found("services", filters["service"])["Spec"]["TaskTemplate"]
        return [task(template) | self.task]

    def containers(self, all: bool = False, filters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        return [each for each in self.objects["containers"].values() if chosen(each, filters)]

    def exec_create(self, _container: str, _command: list[str]) -> dict[str, str]:
        return {"Id": "exec"}

    def exec_start(self, _id: str) -> None:
        self.done.append("exec")

    def exec_inspect(self, _id: str) -> dict[str, Any]:
        return {"ExitCode": self.exit_code}

    def keep(self, kind: str, made: Mapping[str, Any], id_: str = "") -> str:
        """Keep an object as it comes over the wire; its id."""
        number = id_ or f"{kind[:-1]}-{len(self.done) + 1}"
        self.objects[kind][number] = jsonlib.loads(jsonlib.dumps({**made, "ID": number, "Id": number}))
        self.done.append(f"create {number}")
        return number

    def found(self, kind: str, id_: str) -> dict[str, Any]:
        """An object by id or name."""
        for number, each in self.objects[kind].items():
            if id_ in (number, name_of(each)):
                return each
        raise NotFound(f"no such {kind[:-1]}: {id_}")

    def _refuse(self, told: object) -> None:
        if self.refusal:
            raise APIError(f"400 Client Error for {told!r}", explanation=self.refusal)


@dataclass
class Client:
    """The client over it. `image_ids` are ids of images by name."""

    api: Api = field(default_factory=Api)
    image_ids: dict[str, str] = field(default_factory=dict)
    swarm: dict[str, Any] = field(default_factory=lambda: {"LocalNodeState": "active", "ControlAvailable": True})

    @property
    def as_docker(self) -> docker.DockerClient:
        """Itself, for functions that ask for the real one and use no more of it than is here."""
        return cast(docker.DockerClient, self)

    def ping(self) -> bool:
        return True

    def info(self) -> dict[str, Any]:
        return {"Swarm": self.swarm}

    @property
    def images(self) -> Any:
        return SimpleNamespace(get=self._image)

    def __getattr__(self, kind: str) -> Any:
        if kind not in KINDS:
            raise AttributeError(kind)
        return SimpleNamespace(list=lambda **choice: self._list(kind, **choice))

    def _image(self, name: str) -> Any:
        if name not in self.image_ids:
            raise ImageNotFound(f"no such image: {name}")
        return SimpleNamespace(id=self.image_ids[name])

    def _list(self, kind: str, names: list[str] | None = None, filters: Any = None, **_: Any) -> list[Any]:
        return [
            SimpleNamespace(id=each["ID"], name=name_of(each), attrs=each)
            for each in self.api.objects[kind].values()
            # dockerd matches any part of a name
            if (names is None or any(name in name_of(each) for name in names)) and chosen(each, filters)
        ]


def spec(body: Mapping[str, Any]) -> dict[str, Any]:
    """A service's specification as the engine shows it: Go leaves out what is empty."""
    words = {"Name": body["name"], "Labels": body["labels"]}
    described = {"TaskTemplate": body["task_template"], "EndpointSpec": body["endpoint_spec"]}
    shown: dict[str, Any] = without_empty(jsonlib.loads(jsonlib.dumps(words | described)))
    return shown | {"Mode": body["mode"]}  # no replicas are a number of replicas


def without_empty(value: Any) -> Any:
    """A document without its empty members, at any depth."""
    if isinstance(value, dict):
        kept = {key: without_empty(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in ("", 0, False, None, [], {})}
    return [without_empty(each) for each in value] if isinstance(value, list) else value


def task(template: Mapping[str, Any], state: str = "running", **status: Any) -> dict[str, Any]:
    """A task of a service, made and last changed at the given times, long ago by default."""
    return {
        "Spec": template,
        "Status": {"State": state, "Timestamp": "2026-01-01T00:00:00.123456789Z", **status},
        "DesiredState": "running",
        "CreatedAt": "2026-01-01T00:00:00.123456789Z",
    }


def name_of(each: Mapping[str, Any]) -> str:
    """The name of an object, wherever its kind keeps it."""
    return str(each.get("Name") or each.get("Spec", {}).get("Name", ""))


def chosen(each: Mapping[str, Any], filters: Mapping[str, Any] | None) -> bool:
    """Whether an object has all the labels that a filter asks for."""
    asked = (filters or {}).get("label", [])
    labels = each.get("Labels") or each.get("Spec", {}).get("Labels") or {}
    wanted = [asked] if isinstance(asked, str) else asked
    return all(labels.get(key) == value for key, _, value in (label.partition("=") for label in wanted))


@contextmanager
def connected(monkeypatch: pytest.MonkeyPatch, client: Client) -> Iterator[Client]:
    """Let the providers meet this engine in the place of Docker's."""
    monkeypatch.setattr(docker, "from_env", lambda **_: client)
    connect.cache_clear()
    yield client
    connect.cache_clear()
