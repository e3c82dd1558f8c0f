"""The three networks: cameras, management (no user ever reaches it), service (edge, gateways, database)."""

from __future__ import annotations

import pulumi

from citycam.model.environment import Environment
from infra.provider.network import Network, NetworkArgs

CAMERA_ADDRESSES = "camera-lan-addresses"
"""The configuration of the camera LAN, on each node."""


def kept(environment: Environment) -> tuple[str, ...]:
    """Networks that are no part of the stack: on nodes that Ansible made the camera LAN's addresses stay with them."""
    return (environment.service_name(CAMERA_ADDRESSES),) if environment.nodes else ()


class Networks(pulumi.ComponentResource):
    """The networks of an environment."""

    def __init__(self, name: str, environment: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Networks", name, None, opts)
        subnets = environment.networks
        inside = pulumi.ResourceOptions(parent=self)

        def called(network: str) -> str:
            return environment.service_name(network)

        self.camera_lan = Network("camera-lan", self._camera_lan(environment, inside), inside)
        self.management = Network(
            "management",
            NetworkArgs(
                name=called("management"),
                environment=environment.name,
                driver="overlay",
                subnet=str(subnets.management),
                internal=True,
                encrypted=subnets.encrypted,
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
                encrypted=subnets.encrypted,
            ),
            inside,
        )
        self.register_outputs({})

    def _camera_lan(self, environment: Environment, inside: pulumi.ResourceOptions) -> NetworkArgs:
        """The network with the cameras, whose addresses come from a configuration that lies on every node."""
        name, addresses = (environment.service_name(each) for each in ("camera-lan", CAMERA_ADDRESSES))
        # Internal: whatever the fleet is told to do, it reaches nothing but this network.
        if environment.nodes:
            # The camera VLAN itself. Its interface and its addresses differ from node to node: Ansible puts them there.
            return NetworkArgs(name, environment.name, "macvlan", internal=True, config_from=addresses)
        subnets = environment.networks
        configuration = NetworkArgs(
            name=addresses,
            environment=environment.name,
            driver="bridge",
            subnet=str(subnets.camera_lan),
            ip_range=str(subnets.container_range),
            config_only=True,
        )
        made = Network(CAMERA_ADDRESSES, configuration, inside)
        return NetworkArgs(name, environment.name, "bridge", internal=True, config_from=made.name)
