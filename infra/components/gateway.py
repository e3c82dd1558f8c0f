"""A gateway: MediaMTX pulls its shard of cameras, records it and serves it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from citycam.model.workspace import Workspace
from infra.accounts import CITYCAM_UID
from infra.components.part import MIB, Place
from infra.components.storage import Data
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount


@dataclass(frozen=True)
class GatewayArgs:
    """A gateway. `memory` in MiB; the garbage collector is told to stay below three quarters of it.

    `folders` hold its configuration, on the node that it runs on.
    """

    place: Place
    image: str
    folders: Workspace
    users: Secret
    recordings: Data
    memory: int = 8192


class Gateway(pulumi.ComponentResource):
    """One gateway service: cameras on one side, users' edge on another, control and metrics on a third."""

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Gateway", name, None, opts)
        subnets = args.place.environment.networks
        self.service = Service(
            name,
            args.place.service(
                name,
                args.image,
                on=args.place.gateway(name),
                env={
                    "MANAGEMENT_SUBNET": str(subnets.management),
                    "SERVICE_SUBNET": str(subnets.service),
                    "GOGC": "400",
                    "GOMEMLIMIT": f"{args.memory * 3 // 4}MiB",
                    "TZ": "UTC",
                },
                mounts=(
                    Mount("/config", str(args.folders.gateway_config(name)), "bind", read_only=True),
                    args.recordings.mount("/recordings"),
                ),
                secrets=(File(args.users, "gateway-users", CITYCAM_UID),),
                networks=(
                    args.place.on_camera_lan(),
                    args.place.on_management(name),
                    args.place.on_service(name),
                ),
                memory=args.memory * MIB,
                pids=4096,
                # On many nodes a start is a failover, and every second of it is a gap.
                restart_delay=1 if args.place.environment.nodes else 2,
                ready=("sh", "-c", "ss -Hltn 'sport = :8554' | grep -q LISTEN"),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
