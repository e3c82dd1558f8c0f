"""The simulated Swarm has the heartbeat of the role, which leaves a node time to change managers."""

from __future__ import annotations

from ruamel.yaml import YAML

from citycam.model.workspace import PROJECT
from citycam.plan.outage.timings import timings

DEFAULTS = PROJECT / "playbooks" / "roles" / "swarm_node" / "defaults" / "main.yml"


def test_the_simulation_has_the_heartbeat_of_the_role() -> None:
    assert timings().swarm.heartbeat.value == YAML(typ="safe").load(DEFAULTS)["swarm_node_heartbeat"]


def test_with_the_default_of_the_role_only_the_manager_that_is_lost_is_missed() -> None:
    heartbeat = YAML(typ="safe").load(DEFAULTS)["swarm_node_heartbeat"]
    assert timings().replaced({"swarm.heartbeat": heartbeat}).slack > 0
