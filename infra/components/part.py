"""What every part of the platform is told: the environment it is of, its networks, and where it may run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from citycam.model.environment import Environment
from infra.components.networks import Networks
from infra.provider.network import Network
from infra.provider.service_args import Attachment, ServiceArgs

MIB = 2**20


@dataclass(frozen=True)
class Place:
    """Where parts stand. `placement` holds Swarm constraints; on one node there are none."""

    environment: Environment
    networks: Networks
    placement: tuple[str, ...] = ()

    def service(self, part: str, image: str, **rest: Any) -> ServiceArgs:
        """A service of this environment, called after its part."""
        return ServiceArgs(
            name=self.environment.service_name(part),
            environment=self.environment.name,
            part=part,
            image=image,
            placement=self.placement,
            **rest,
        )

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
