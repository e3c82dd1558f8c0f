"""The real gateway image on the host's network; its cameras come as a platform delivers them.

Cameras of a fleet on the loopback can only be pulled from the host's own network. A network of the engine, on which
the host has an address too, gives the gateway the addresses that it wants to listen on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network

from citycam.model.camera import Camera
from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan
from infra.images.build import build
from infra.playbook import run_playbook, site_variables
from integration_tests.waiting import wait_for

NAME = "gateway-1"
LABEL = {"citycam.environment": "test-recording"}
SEGMENT_S = 4.0
HARDENED = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"], "network": "host"}


@dataclass(frozen=True)
class Site:
    """The folders of a gateway. `key` is what the passwords of cameras derive from."""

    folder: Path
    key: bytes

    @property
    def environment(self) -> Environment:
        """The local one, with one gateway that begins a file every few seconds."""
        found = load_environment(PROJECT / "environments/local.yaml")
        changed = {"count": 1, "segment": SEGMENT_S}
        return found.model_copy(update={"gateways": found.gateways.model_copy(update=changed)})

    @property
    def config(self) -> Path:
        return Workspace.of(self.environment.name, self.folder).gateway_config(NAME)

    @property
    def recordings(self) -> Path:
        return Workspace.of(self.environment.name, self.folder).recordings(NAME)

    def deliver(self, cameras: list[Camera]) -> None:
        """Have the gateway record exactly these, the way a platform does: by the playbook."""
        variables = site_variables(self.environment, plan_of(cameras), self.key, self.folder)
        run_playbook("site.yml", variables, ["gateway_config"])

    def segments(self, camera: Camera) -> list[Path]:
        """Its files, in order of time."""
        return sorted((self.recordings / camera.id).glob("*.mp4"))

    def on_disk_since(self, time_ns: int, cameras: list[Camera]) -> None:
        """Wait until every one of these was written to after a time."""

        def written() -> dict[str, int]:
            return {
                camera.id: max((path.stat().st_mtime_ns for path in self.segments(camera)), default=0)
                for camera in cameras
            }

        wait_for(written, lambda seen: min(seen.values()) > time_ns, f"write of every camera after {time_ns}")


def passable(folder: Path) -> Path:
    """Let accounts of containers into a temporary folder."""
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    return folder


def plan_of(cameras: list[Camera]) -> Plan:
    """All cameras on the one gateway."""
    ids = [camera.id for camera in cameras]
    return Plan(environment="local", inventory_digest="sha256:0", cameras=cameras, gateways={NAME: ids})


@contextmanager
def running_gateway(site: Site) -> Iterator[DockerContainer]:
    """The gateway's container over the site's folders, until the block ends."""
    users = site.folder / "gateway-users"
    users.write_text("")  # nobody needs to watch
    with Network(docker_network_kw={"labels": LABEL}) as network:
        subnet = docker.from_env().networks.get(network.name).attrs["IPAM"]["Config"][0]["Subnet"]
        container = (
            DockerContainer(build(("gateway",))["gateway"])
            .with_kwargs(**HARDENED, labels=LABEL)
            .with_envs(MANAGEMENT_SUBNET=subnet, SERVICE_SUBNET=subnet)
            .with_volume_mapping(str(site.config), "/config", "ro")
            .with_volume_mapping(str(site.recordings), "/recordings", "rw")
            .with_volume_mapping(str(users), "/run/secrets/gateway-users", "ro")
        )
        with container:
            yield container


def stop(container: DockerContainer) -> None:
    """End it as `docker stop` does: a gateway closes its files."""
    container.get_wrapped_container().stop(timeout=20)
