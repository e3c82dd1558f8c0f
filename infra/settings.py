"""What the program is told. The one reader of Pulumi's configuration; everything else is in the environment's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi

from citycam.model.environment import Environment, load_environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from infra.images.push import pushed
from infra.nodes import roster
from infra.receiver import AlertReceiver, read_receiver


@dataclass(frozen=True)
class Settings:
    """One stack: its environment, its folders, its images by name, and whether its services stand.

    A stack that does not stand keeps what outlives services: its data and its secrets. `addresses` are the management
    addresses of its nodes by name; none on one machine. `receiver` is who is told of alerts.
    """

    environment: Environment
    workspace: Workspace
    images: Mapping[str, str]
    standing: bool = True
    addresses: Mapping[str, str] = field(default_factory=dict)
    receiver: AlertReceiver | None = None

    @classmethod
    def by_hand(cls) -> Settings:
        """The settings of `cd infra && pulumi up`: the stack is called after its environment."""
        config = pulumi.Config()
        name = pulumi.get_stack()
        environment = load_environment(PROJECT / (config.get("environment") or f"environments/{name}.yaml"))
        workspace = Workspace.of(environment.name)
        standing = config.get_bool("standing") is not False
        images, addresses = pushed(environment, workspace), roster(environment).addresses
        receiver = read_receiver(environment) if standing else None
        return cls(environment, workspace, images, standing, addresses, receiver)

    @property
    def folders(self) -> Workspace:
        """Folders where the services run."""
        return Workspace.on_node(self.environment.name) if self.environment.nodes else self.workspace

    @property
    def edge(self) -> str:
        """Address of the edge: the first of its nodes."""
        nodes = self.environment.nodes
        return self.addresses[nodes.pools.edge[0]] if nodes else "127.0.0.1"

    def pki(self, file: str) -> str:
        """A file of the environment's PKI; in a preview before the first `up` it may be absent.

        Raises:
            EnvironmentFailure: it is absent.
        """
        path = self.workspace.pki / file
        if path.is_file():
            return path.read_text(encoding="ascii")
        if pulumi.runtime.is_dry_run():
            return ""
        raise EnvironmentFailure(
            "there is no such file of the environment's certificates",
            where=str(path),
            next="citycam stack up makes it (playbooks/site.yml, tag pki)",
        )
