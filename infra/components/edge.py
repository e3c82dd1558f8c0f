"""The edge: nginx, the only part with published ports. TLS ends here.

On many nodes one stands on each node of its pool: a published port is free once a node.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from infra.accounts import CITYCAM_UID
from infra.components.part import MIB, Place, listening
from infra.config import render
from infra.provider.config import Config, ConfigArgs
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount, Port


@dataclass(frozen=True)
class EdgeArgs:
    """The edge, with its certificate and the operator's password hash."""

    place: Place
    image: str
    certificate: Secret
    key: Secret
    htpasswd: Secret


class Edge(pulumi.ComponentResource):
    """HTTPS for playback and metrics, RTSPS for live streams, chosen by server name."""

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Edge", name, None, opts)
        inside = pulumi.ResourceOptions(parent=self)
        environment = args.place.environment
        edge = environment.edge
        replicas = len(environment.nodes.pools.edge) if environment.nodes else 1
        settings = Config(
            "nginx",
            ConfigArgs(
                environment.service_name("nginx"),
                environment.name,
                render(
                    "nginx.conf.j2",
                    gateways=environment.gateway_names,
                    edge_name=edge.name,
                    https_port=edge.https_port,
                    rtsps_port=edge.rtsps_port,
                ),
            ),
            inside,
        )
        self.service = Service(
            name,
            args.place.service(
                name,
                args.image,
                on=args.place.pool("edge"),
                replicas=replicas,
                mounts=(Mount("/tmp", type="tmpfs", size=64 * MIB),),  # noqa: S108 - a path in the container
                secrets=(
                    File(args.certificate, "edge-cert", CITYCAM_UID),
                    File(args.key, "edge-key", CITYCAM_UID),
                    File(args.htpasswd, "operator-htpasswd", CITYCAM_UID),
                ),
                configs=(File(settings, "/etc/nginx/nginx.conf", CITYCAM_UID),),
                networks=(args.place.on_service(name), args.place.on_management(name)),
                ports=(Port(edge.https_port, edge.https_port), Port(edge.rtsps_port, edge.rtsps_port)),
                ready=listening(edge.https_port),
            ),
            inside,
        )
        self.register_outputs({})
