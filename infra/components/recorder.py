"""The recorder's truth: what is on disk, per camera, as metrics; MediaMTX has none about its recorder."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from citycam.model.workspace import Workspace
from infra.components.part import MIB, Place, listening
from infra.components.storage import Data
from infra.provider.service import Service
from infra.provider.service_args import Mount


@dataclass(frozen=True)
class RecorderArgs:
    """The metrics of one gateway's recordings; it stands wherever the gateway may."""

    place: Place
    image: str
    folders: Workspace
    gateway: str
    recordings: Data


class Recorder(pulumi.ComponentResource):
    """Reads a gateway's recordings and list of cameras, writes nothing."""

    def __init__(self, name: str, args: RecorderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("citycam:Recorder", name, None, opts)
        self.service = Service(
            name,
            args.place.service(
                name,
                args.image,
                on=args.place.gateway(args.gateway),
                mounts=(
                    Mount("/config", str(args.folders.gateway_config(args.gateway)), "bind", read_only=True),
                    args.recordings.mount("/recordings", read_only=True),
                ),
                networks=(args.place.on_management(name),),
                memory=512 * MIB,
                ready=listening(9465),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
