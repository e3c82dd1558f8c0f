"""What a service is declared to be; everything a component may say about one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from infra.provider.config import Config
from infra.provider.network import Network
from infra.provider.secret import Secret


@dataclass(frozen=True)
class Mount:
    """A place in the container: a named volume, a folder of the node (`bind`), or memory (`tmpfs`, `size` in bytes)."""

    target: str
    source: pulumi.Input[str] = ""
    type: Literal["volume", "bind", "tmpfs"] = "volume"
    read_only: bool = False
    size: int = 0


@dataclass(frozen=True)
class File:
    """A secret or a config as a file: secrets at `/run/secrets/<path>`, configs where `path` says, for one user."""

    of: Secret | Config
    path: str
    uid: int
    mode: int = 0o400


@dataclass(frozen=True)
class Attachment:
    """A network the service is on, and its names there."""

    network: Network
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """A port published on the node that runs the task (`host` mode: no routing mesh)."""

    published: int
    target: int
    protocol: Literal["tcp", "udp"] = "tcp"


@dataclass(frozen=True)
class HealthCheck:
    """A command run in the container; a task counts as running once it succeeded. Times in seconds."""

    command: tuple[str, ...]
    interval: int = 2
    timeout: int = 5
    retries: int = 15
    start: int = 30


@dataclass(frozen=True)
class ServiceArgs:
    """A Swarm service. Memory in bytes, `cpus` in cores (0 = no limit), `stop_grace` and `restart_delay` in seconds.

    `log` is where its output goes: to a few files of limited size, or (empty) wherever the node's engine puts it.
    `ready` is a command that succeeds in the container once the service works. It runs only while the service is being
    created or changed; a `healthcheck` runs for ever, at a cost, and its failure restarts the task.
    """

    name: str
    environment: str
    part: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    mounts: tuple[Mount, ...] = ()
    secrets: tuple[File, ...] = ()
    configs: tuple[File, ...] = ()
    networks: tuple[Attachment, ...] = ()
    ports: tuple[Port, ...] = ()
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ("ALL",)
    read_only: bool = True
    init: bool = False
    memory: int = 512 * 2**20
    cpus: float = 0.0
    pids: int = 512
    nofile: int = 0
    healthcheck: HealthCheck | None = None
    ready: tuple[str, ...] = ()
    placement: tuple[str, ...] = ()
    replicas: int = 1
    stop_grace: int = 10
    restart_delay: int = 2
    restart: Literal["any", "none"] = "any"
    log: Literal["json-file", ""] = "json-file"

    def properties(self) -> dict[str, Any]:
        """The resource's inputs: plain JSON, in one order, so that equal services have equal properties."""
        plain = ("name", "environment", "part", "image", "user", "read_only", "init", "memory", "pids", "nofile")
        return {key: getattr(self, key) for key in plain} | {
            "command": list(self.command),
            "args": list(self.args),
            "env": sorted(f"{key}={value}" for key, value in self.env.items()),
            "mounts": [dict(vars(mount)) for mount in sorted(self.mounts, key=lambda mount: mount.target)],
            "secrets": [_file(file) for file in self.secrets],
            "configs": [_file(file) for file in self.configs],
            "networks": [{"network": on.network.id, "aliases": list(on.aliases)} for on in self.networks],
            "ports": [dict(vars(port)) for port in sorted(self.ports, key=lambda port: port.published)],
            "cap_add": sorted(self.cap_add),
            "cap_drop": sorted(self.cap_drop),
            "millicpus": round(self.cpus * 1000),
            "healthcheck": _health(self.healthcheck),
            "ready": list(self.ready),
            "placement": sorted(self.placement),
            "replicas": self.replicas,
            "stop_grace": self.stop_grace,
            "restart_delay": self.restart_delay,
            "restart": self.restart,
            "log": self.log,
        }


def _file(file: File) -> dict[str, Any]:
    return {
        "id": file.of.id,
        "name": file.of.object_name,
        "path": file.path,
        "uid": file.uid,
        "mode": file.mode,
    }


def _health(check: HealthCheck | None) -> dict[str, Any]:
    if check is None:
        return {}
    return dict(vars(check)) | {"command": list(check.command)}
