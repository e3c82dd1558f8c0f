"""What every part of the platform is told: the environment it is of, its networks, and where it may run.

Where is said by labels that Ansible gave the nodes (role `swarm_node`): a constraint is empty on one machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from citycam.model.environment import Environment
from infra.components.networks import Networks
from infra.provider.network import Network
from infra.provider.service_args import Attachment, ServiceArgs

MIB = 2**20

PoolName = Literal["recording", "edge", "database", "platform", "fleet", "load"]


@dataclass(frozen=True)
class Place:
    """Where parts stand. `placement` holds Swarm constraints for all of them."""

    environment: Environment
    networks: Networks
    placement: tuple[str, ...] = ()

    def service(self, part: str, image: str, on: tuple[str, ...] = (), **rest: Any) -> ServiceArgs:
        """A service of this environment, called after its part, where the constraints `on` allow it."""
        return ServiceArgs(
            name=self.environment.service_name(part),
            environment=self.environment.name,
            part=part,
            image=image,
            placement=(*self.placement, *on),
            # On many nodes logs go to each node's journal, which Ansible collects.
            log="" if self.environment.nodes else "json-file",
            **rest,
        )

    def pool(self, name: PoolName) -> tuple[str, ...]:
        """On any node of a pool."""
        return self._labelled(f"pool.{name}")

    def gateway(self, name: str) -> tuple[str, ...]:
        """On the nodes that may run a gateway now: Ansible moves this label, and never the program."""
        return self._labelled(f"gateway.{name}")

    def node(self, name: str) -> tuple[str, ...]:
        """On this node and no other."""
        return self._labelled("node", name)

    def first(self, name: PoolName) -> tuple[str, ...]:
        """On the first node of a pool: for what there is one of, with its data in a folder there."""
        nodes = self.environment.nodes
        return self.node(getattr(nodes.pools, name)[0]) if nodes else ()

    def _labelled(self, label: str, value: str = "yes") -> tuple[str, ...]:
        return (f"node.labels.citycam.{label} == {value}",) if self.environment.nodes else ()

    def on_management(self, part: str) -> Attachment:
        """On the management network, as `<part>.management`."""
        return Attachment(self.networks.management, (f"{part}.management",))

    def on_service(self, part: str) -> Attachment:
        """On the service network, as `<part>.service`: one name means one address, whoever asks."""
        return Attachment(self.networks.service, (f"{part}.service",))

    def on_camera_lan(self) -> Attachment:
        """On the camera LAN."""
        lan: Network = self.networks.camera_lan
        return Attachment(lan)


def listening(port: int) -> tuple[str, ...]:
    """A command that succeeds once something in the container listens on TCP `port`."""
    return ("bash", "-c", f": > /dev/tcp/127.0.0.1/{port}")
