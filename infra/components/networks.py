"""The three networks: cameras, management (no user ever reaches it), service (edge, gateways, database)."""

from __future__ import annotations

import pulumi

from citycam.model.environment import Environment
from infra.provider.network import Network, NetworkArgs


class Networks(pulumi.ComponentResource):
    """The networks of an environment."""

    def __init__(self, name: str, environment: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Networks", name, None, opts)
        subnets = environment.networks
        inside = pulumi.ResourceOptions(parent=self)

        def called(network: str) -> str:
            return environment.service_name(network)

        addresses = Network(
            "camera-lan-addresses",
            NetworkArgs(
                name=called("camera-lan-addresses"),
                environment=environment.name,
                driver="bridge",
                subnet=str(subnets.camera_lan),
                ip_range=str(subnets.container_range),
                config_only=True,
            ),
            inside,
        )
        # Internal: whatever the fleet is told to do, it reaches nothing but this network.
        self.camera_lan = Network(
            "camera-lan",
            NetworkArgs(
                name=called("camera-lan"),
                environment=environment.name,
                driver="bridge",
                internal=True,
                config_from=addresses.name,
            ),
            inside,
        )
        self.management = Network(
            "management",
            NetworkArgs(
                name=called("management"),
                environment=environment.name,
                driver="overlay",
                subnet=str(subnets.management),
                internal=True,
                encrypted=True,
            ),
            inside,
        )
        # Not internal: the node reaches the database, and users the edge, through docker_gwbridge.
        self.service = Network(
            "service",
            NetworkArgs(
                name=called("service"),
                environment=environment.name,
                driver="overlay",
                subnet=str(subnets.service),
                encrypted=True,
            ),
            inside,
        )
        self.register_outputs({})
