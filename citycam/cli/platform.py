"""The platform of an environment as a campaign uses it: the Pulumi stack, and Ansible's path files on it."""

from __future__ import annotations

import shutil
from functools import cached_property
from typing import Any

from citycam.campaign.ports import Progress
from citycam.cli.redaction import redaction
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan
from infra import hosts
from infra.automation import Stack
from infra.emptying import empty_folders
from infra.endpoints import database_reached
from infra.events import OnEvent, StackEvent
from infra.images.push import pushed
from infra.images.versions import versions
from infra.outputs import Outputs
from infra.playbook import run_playbook, site_variables
from infra.publish import publish_inventory


class Platform:
    """One environment of this checkout."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.workspace = Workspace.of(environment.name, PROJECT)
        self.stack = Stack(environment, PROJECT)

    @cached_property
    def outputs(self) -> Outputs:
        """Addresses and secrets of the standing stack; its secrets are redacted from logs from now on.

        Raises:
            EnvironmentFailure: it does not stand.
        """
        outputs = self.stack.outputs()
        redaction.learn(*outputs.secrets.values())
        return outputs

    def up(self, progress: Progress) -> None:
        """Stand it up, or find it standing."""
        self.stack.up(on_event=say_in(progress))

    def down(self, progress: Progress) -> None:
        """Take everything down. Recordings go too: a run that wants them has linked them into its own folder."""
        progress.phase("down", "take the platform down")
        self.stack.down(volumes=True, on_event=say_in(progress))
        if self.environment.nodes:
            empty_folders(self.environment)
        for folder in ("recordings", "gateways", "fleet"):
            shutil.rmtree(self.workspace.root / folder, ignore_errors=True)

    def facts(self) -> dict[str, Any]:
        """Images and versions that run."""
        return {
            "environment": self.environment.name,
            "images": dict(pushed(self.environment, self.workspace)),
            "versions": versions().model_dump(mode="json"),
        }

    def publish(self, plan: Plan) -> None:
        """Put the plan's cameras into the inventory database.

        Raises:
            EnvironmentFailure: the database cannot be reached or refuses them.
        """
        with database_reached(self.environment, self.outputs) as dsn:
            publish_inventory(dsn, plan.cameras)

    def deliver(self, plan: Plan) -> None:
        """Have every gateway record exactly its cameras of `plan`.

        Raises:
            EnvironmentFailure: the playbook failed.
        """
        key = self.outputs.secrets["camera-key"].encode()
        if self.environment.nodes:
            hosts.deliver(self.environment, plan, key)
            return
        result = run_playbook("site.yml", site_variables(self.environment, plan, key), ["gateway_config"])
        if result.failed:
            raise EnvironmentFailure("the gateways' path files were not delivered", where="playbooks/site.yml")


def say_in(progress: Progress) -> OnEvent:
    """Show the stack's events as notes of the current phase."""

    def say(event: StackEvent) -> None:
        progress.note(str(event))

    return say
