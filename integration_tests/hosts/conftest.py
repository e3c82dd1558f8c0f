from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from citycam.model.environment import Environment, Nodes, Pools, load_environment
from citycam.model.workspace import PROJECT
from infra.hosts import run_hosts
from infra.playbook import PlaybookResult, TaskEvent
from integration_tests.lab.stand import Stand, standing

ROLES = ("pki", "os_baseline", "time_sync", "node_metrics", "log_collection", "container_engine")


@dataclass(frozen=True)
class Site:
    """A lab of one node and a camera site, and the environment that it is for."""

    stand: Stand
    environment: Environment

    def run(
        self, verb: str, tags: tuple[str, ...] = (), *, check: bool = False, changes: list[str] | None = None
    ) -> PlaybookResult:
        """Run a play of `playbooks/hosts` on both; `changes` learns what changed where."""

        def hear(event: TaskEvent) -> None:
            if changes is not None and event.state == "changed":
                changes.append(f"{event.host}: {event.role}: {event.task}")

        return run_hosts(verb, self.environment, inventory=self.stand.inventory, tags=tags, check=check, on_event=hear)


@dataclass(frozen=True)
class Journey:
    """The way of two bare hosts through precheck, check mode, deployment and deployment again."""

    site: Site
    bare: PlaybookResult
    checked: PlaybookResult
    packages_after_check: str
    first: PlaybookResult
    second: PlaybookResult
    changes_of_second: list[str]


@pytest.fixture(scope="package")
def site() -> Iterator[Site]:
    with standing("hosts", 1) as stand:
        yield Site(stand, environment_of(stand))


@pytest.fixture(scope="package")
def journey(site: Site) -> Journey:
    bare, checked = site.run("precheck"), site.run("deploy", ROLES, check=True)
    packages = site.stand.host("node-1").check_output("dpkg-query --show")
    first = site.run("deploy", ROLES)
    changes: list[str] = []
    second = site.run("deploy", ROLES, changes=changes)
    return Journey(site, bare, checked, packages, first, second, changes)


def environment_of(stand: Stand) -> Environment:
    """An environment that has the node for everything, and the camera site."""
    node, cameras = ["node-1"], ["site-1"]
    pools = Pools(recording=node, edge=node, database=node, platform=node, fleet=cameras, load=cameras)
    nodes = Nodes(hosts=stand.inventory, registry="node-1:5000", camera_interface="eth1", pools=pools)
    lab = load_environment(PROJECT / "environments" / "lab-3.yaml")
    return lab.model_copy(update={"name": stand.name, "nodes": nodes})
