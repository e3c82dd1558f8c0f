"""What the node needs before the stack: certificates, and for every gateway a configuration to start with."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan
from infra.playbook import run_playbook, site_variables


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
    with _own_signals():
        run_playbook("site.yml", variables, ["pki", *(["gateway_config"] if missing else [])], project=PROJECT)


@contextmanager
def _own_signals() -> Iterator[None]:
    """ansible-runner takes SIGINT and SIGTERM and never gives them back: Ctrl-C must go on working after a playbook."""
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)} if main else {}
    try:
        yield
    except EnvironmentFailure as error:
        if error.what.endswith(" canceled"):
            raise KeyboardInterrupt from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
