"""A platform of a test's own: environment file, verbs, and looks at the engine that do not go through Citycam."""

from __future__ import annotations

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import Workspace
from infra.automation import Stack
from infra.endpoints import address_of
from infra.outputs import Outputs
from integration_tests.command import Ended, citycam

ENVIRONMENT = """\
schema_version: 1
name: {name}
networks:
  camera_lan: 198.19.{lan}.0/17
  management: 10.89.{net}.0/23
  service: 10.89.{other}.0/23
gateways:
  count: {gateways}
  part: 1s
  segment: 20s
  retention: 1d
edge:
  https_port: {port}
  rtsps_port: {rtsps}
disk:
  minimum_free: 1GB
"""


@dataclass(frozen=True)
class Platform:
    """One environment file and what stands by it."""

    file: Path

    @property
    def environment(self) -> Environment:
        """As it is written now."""
        return load_environment(self.file)

    @property
    def workspace(self) -> Workspace:
        """Its folders."""
        return Workspace.of(self.environment.name)

    def citycam(self, verb: str, *options: str) -> Ended:
        """`citycam stack VERB` on it."""
        return citycam("stack", verb, "--environment", str(self.file), *options)

    def rewrite(self, old: str, new: str) -> None:
        """Change its file."""
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new), encoding="utf-8")

    def outputs(self) -> Outputs:
        """Its outputs, secrets included."""
        return Stack(self.environment).outputs()

    def service(self, part: str) -> Any:
        """A part's service."""
        return docker.from_env().services.get(self.environment.service_name(part))

    def container(self, part: str) -> Any:
        """The container of a part's running task."""
        label = f"citycam.part={part}"
        mine = f"citycam.environment={self.environment.name}"
        (found,) = docker.from_env().containers.list(filters={"label": [label, mine]})
        return found

    def address(self, part: str) -> str:
        """A part's address on the node's bridge."""
        return address_of(self.environment, part)

    def secrets(self) -> dict[str, str]:
        """Every secret by file name, as the containers have them; what is public (certificates) left out."""
        found = {}
        for container in docker.from_env().containers.list(
            filters={"label": f"citycam.environment={self.environment.name}"}
        ):
            code, listed = container.exec_run(["ls", "-n", "/run/secrets"])
            for line in listed.decode().splitlines()[1:] if code == 0 else []:
                _, _, owner, *_, name = line.split()
                code, content = container.exec_run(["cat", f"/run/secrets/{name}"], user=owner)
                assert code == 0, content
                found[name] = content.decode().strip()
        return {name: content for name, content in found.items() if not name.endswith("cert")}


def describe(name: str, folder: Path, net: int, port: int, gateways: int = 2) -> Platform:
    """An environment that can stand beside any other: its own subnets and ports."""
    file = folder / f"{name}.yaml"
    lan = 0 if net % 16 == 8 else 128
    text = ENVIRONMENT.format(name=name, lan=lan, net=net, other=net + 2, port=port, rtsps=port + 1, gateways=gateways)
    file.write_text(text, encoding="utf-8")
    return Platform(file)


def everything(name: str) -> list[str]:
    """What the engine has by an environment's name or label, of any kind; asked of the docker command, not of us."""
    lists = {
        "container": ("ps", "--all", "--format", "{{.Names}}"),
        "service": ("service", "ls", "--format", "{{.Name}}"),
        "network": ("network", "ls", "--format", "{{.Name}}"),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "secret": ("secret", "ls", "--format", "{{.Name}}"),
        "config": ("config", "ls", "--format", "{{.Name}}"),
    }
    found = []
    for kind, command in lists.items():
        said = subprocess.run(["docker", *command], capture_output=True, text=True, check=True).stdout
        found += [f"{kind} {line}" for line in said.split() if name in line]
    return found


def shown(name: str) -> str:
    """All that the engine shows to whoever may inspect: services, containers, networks, configs (decoded), secrets."""
    client = docker.from_env()
    label = {"label": f"citycam.environment={name}"}
    configs = [each.attrs for each in client.configs.list(filters=label)]
    content = [base64.b64decode(each["Spec"]["Data"]).decode() for each in configs]
    others = [
        *client.services.list(filters=label),
        *client.containers.list(all=True, filters=label),
        *client.networks.list(filters=label),
        *client.volumes.list(filters=label),
        *client.secrets.list(filters=label),
    ]
    tasks = [task for service in client.services.list(filters=label) for task in service.tasks()]
    return json.dumps([*(each.attrs for each in others), *tasks, *configs]) + "\n".join(content)


def versions(platform: Platform) -> dict[str, tuple[str, int]]:
    """Identity and version of every service: any change would show."""
    services = docker.from_env().services.list(filters={"label": f"citycam.environment={platform.environment.name}"})
    return {service.name: (service.id, service.attrs["Version"]["Index"]) for service in services}
