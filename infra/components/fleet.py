"""The fleet: the simulated cameras, thousands of addresses in one container on the camera LAN.

On many nodes it is a container on each node of its pool, with a part of the camera range.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi

from infra.accounts import CITYCAM_UID
from infra.components.part import MIB, Place, listening
from infra.components.storage import Data
from infra.provider.secret import Secret
from infra.provider.service import Service
from infra.provider.service_args import File, Mount

COMMAND = (
    *("python3", "-m", "simulators.fleet", "--root", "/fleet"),
    *("--rtsps-port=322", "--http-port=80", "--discovery-port=3702"),
)
"""As the image's Dockerfile has it."""


@dataclass(frozen=True)
class FleetArgs:
    """The cameras whose addresses are `cameras`, on the node that the constraints `on` choose.

    `folder` is shared with the node: media, ledgers and the control socket. `memory` in MiB.
    """

    place: Place
    image: str
    camera_key: Secret
    folder: Data
    cameras: IPv4Network
    on: tuple[str, ...] = ()
    memory: int = 4096


class Fleet(pulumi.ComponentResource):
    """Starts as root to route the camera range to itself (capability NET_ADMIN), then gives root up."""

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Fleet", name, None, opts)
        processes = args.place.environment.fleet.processes
        self.service = Service(
            name,
            args.place.service(
                name,
                args.image,
                on=args.on,
                # Without arguments the image starts a fleet of one process.
                args=(*COMMAND, f"--processes={processes}") if processes > 1 else (),
                env={"CAMERA_RANGE": str(args.cameras), "TZ": "UTC"},
                mounts=(args.folder.mount("/fleet"), Mount("/tmp", type="tmpfs", size=16 * MIB)),  # noqa: S108 - a path in the container
                secrets=(File(args.camera_key, "camera-key", CITYCAM_UID),),
                networks=(args.place.on_camera_lan(), args.place.on_management(name)),
                cap_add=("NET_ADMIN", "SETGID", "SETUID"),
                memory=args.memory * MIB,
                ready=listening(9464),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
