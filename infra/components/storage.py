"""Everything that outlives the services: recordings and the fleet's folder on the node, and the engine's volumes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pulumi

from citycam.model.environment import Environment
from citycam.model.workspace import Workspace
from infra.accounts import CITYCAM_UID
from infra.provider.service_args import Mount
from infra.provider.volume import Volume, VolumeArgs


@dataclass(frozen=True)
class Data:
    """Where a part keeps its data: a volume of the engine, or a folder of whatever node it runs on (`bind`)."""

    source: pulumi.Input[str]
    type: Literal["volume", "bind"]

    def mount(self, target: str, read_only: bool = False) -> Mount:
        """It, in the container."""
        return Mount(target, self.source, self.type, read_only)


class Storage(pulumi.ComponentResource):
    """The data of an environment.

    On one machine they are volumes of its engine. Volumes belong to one engine: on many nodes the data are folders
    that Ansible makes, below `/var/lib/citycam/<environment>`, and nothing of the stack.
    """

    def __init__(
        self, name: str, environment: Environment, folders: Workspace, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("citycam:Storage", name, None, opts)
        self._environment = environment
        self._inside = pulumi.ResourceOptions(parent=self)
        self.recordings = {
            gateway: self._data(f"recordings-{gateway}", folders.recordings(gateway))
            for gateway in environment.gateway_names
        }
        self.fleet = self._data("fleet", folders.fleet)
        self.database = self._kept("database", folders.database)
        self.backup = self._bind(folders.backup)
        self.prometheus = self._kept("prometheus", folders.prometheus)
        self.register_outputs({})

    def _data(self, name: str, folder: Path) -> Data:
        """A folder that others beside its part look into."""
        return self._bind(folder) if self._environment.nodes else self._volume(name, str(folder))

    def _kept(self, name: str, folder: Path) -> Data:
        """What only its part looks into: on one machine the engine keeps it."""
        return self._bind(folder) if self._environment.nodes else self._volume(name)

    def _bind(self, folder: Path) -> Data:
        return Data(str(folder), "bind")

    def _volume(self, name: str, folder: str = "") -> Data:
        owner = CITYCAM_UID if folder else 0
        full = self._environment.service_name(name)
        args = VolumeArgs(full, self._environment.name, folder, owner)
        return Data(Volume(f"{name}-volume", args, self._inside).id, "volume")
