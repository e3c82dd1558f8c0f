from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from infra.images.build import build

LABEL = {"citycam.environment": "test-images"}
HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "tmpfs": {"/tmp": ""}}

Run = Callable[..., Container]


@dataclass(frozen=True)
class Net:
    """A network of the engine, and its subnet."""

    name: str
    subnet: IPv4Network


@pytest.fixture(scope="session")
def engine() -> docker.DockerClient:
    return docker.from_env()


@pytest.fixture(scope="module")
def run(engine: docker.DockerClient, nets: list[Net]) -> Iterator[Run]:
    """Start containers of our images; all are gone when the module's tests end, and their networks after them."""
    started: list[Container] = []

    def start(image: str, *more_networks: Net, **options: object) -> Container:
        container = engine.containers.create(build((image,))[image], labels=LABEL, **{**HARDENED, **options})
        started.append(container)
        for network in more_networks:
            engine.networks.get(network.name).connect(container)
        container.start()
        return container

    yield start
    for container in started:
        container.remove(force=True, v=True)


@pytest.fixture(scope="module")
def nets(engine: docker.DockerClient) -> Iterator[list[Net]]:
    """Two networks, as the management and the service network of a stack."""
    made = [engine.networks.create(f"citycam-test-{secrets.token_hex(4)}", labels=LABEL) for _ in range(2)]
    for network in made:
        network.reload()
    yield [Net(network.name, IPv4Network(network.attrs["IPAM"]["Config"][0]["Subnet"])) for network in made]
    for network in made:
        network.remove()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that accounts of containers may pass through."""
    found = tmp_path_factory.mktemp("image")
    for parent in (found, *found.parents[:2]):
        parent.chmod(0o755)
    return found
