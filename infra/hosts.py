"""What the node needs before the stack: certificates, and for every gateway a configuration to start with."""

from __future__ import annotations

import logging

from citycam.model.environment import Environment
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan
from infra.playbook import run_playbook, site_variables

logger = logging.getLogger(__name__)


def prepare_hosts(environment: Environment, workspace: Workspace) -> None:
    """Run `site.yml`: the certificates, and a configuration without cameras for gateways that have none.

    A gateway that has one keeps it: its cameras are the campaign's matter.

    Raises:
        EnvironmentFailure: a task failed.
    """
    empty = Plan(environment=environment.name, inventory_digest="", cameras=[], gateways={})
    project = workspace.root.parent.parent
    variables = site_variables(environment, empty, b"", project)
    missing = [
        gateway
        for gateway in variables["gateway_config_gateways"]
        if not (workspace.gateway_config(gateway["name"]) / "mediamtx.yml").exists()
    ]
    variables["gateway_config_gateways"] = missing
    # The playbooks are this code's, wherever the environment's folders lie.
    run_playbook("site.yml", variables, ["pki", *(["gateway_config"] if missing else [])], project=PROJECT)
