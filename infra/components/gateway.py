"""A gateway: MediaMTX pulls its shard of cameras, records it and serves it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from citycam.model.workspace import Workspace
from infra.components.part import MIB, Place
from infra.components.storage import CITYCAM_UID
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount
from infra.provider.volume import Volume


@dataclass(frozen=True)
class GatewayArgs:
    """A gateway. `memory` in MiB; the garbage collector is told to stay below three quarters of it."""

    place: Place
    image: str
    workspace: Workspace
    users: Secret
    recordings: Volume
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
                env={
                    "MANAGEMENT_SUBNET": str(subnets.management),
                    "SERVICE_SUBNET": str(subnets.service),
                    "GOGC": "400",
                    "GOMEMLIMIT": f"{args.memory * 3 // 4}MiB",
                    "TZ": "UTC",
                },
                mounts=(
                    Mount("/config", str(args.workspace.gateway_config(name)), "bind", read_only=True),
                    Mount("/recordings", args.recordings.id),
                ),
                secrets=(File(args.users, "gateway-users", CITYCAM_UID),),
                networks=(
                    args.place.on_camera_lan(),
                    args.place.on_management(name),
                    args.place.on_service(name),
                ),
                memory=args.memory * MIB,
                pids=4096,
                ready=("sh", "-c", "ss -Hltn 'sport = :8554' | grep -q LISTEN"),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
