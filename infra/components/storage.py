"""Everything that outlives the services: recordings and the fleet's folder on the node, and the engine's volumes."""

from __future__ import annotations

import pulumi

from citycam.model.environment import Environment
from citycam.model.workspace import Workspace
from infra.provider.volume import Volume, VolumeArgs

CITYCAM_UID = 10001


class Storage(pulumi.ComponentResource):
    """The volumes of an environment."""

    def __init__(
        self, name: str, environment: Environment, workspace: Workspace, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("citycam:Storage", name, None, opts)
        self._environment = environment
        self._inside = pulumi.ResourceOptions(parent=self)
        self.recordings = {
            gateway: self._volume(f"recordings-{gateway}", str(workspace.recordings(gateway)))
            for gateway in environment.gateway_names
        }
        self.fleet = self._volume("fleet", str(workspace.fleet))
        self.database = self._volume("database")
        self.prometheus = self._volume("prometheus")
        self.register_outputs({})

    def _volume(self, name: str, folder: str = "") -> Volume:
        owner = CITYCAM_UID if folder else 0
        full = self._environment.service_name(name)
        return Volume(f"{name}-volume", VolumeArgs(full, self._environment.name, folder, owner), self._inside)
