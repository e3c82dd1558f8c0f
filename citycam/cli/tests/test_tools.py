"""Where users and probes of a campaign find the platform."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from citycam.cli import tools
from citycam.cli.platform import Platform
from citycam.model.environment import Environment, load_environment
from citycam.model.workspace import PROJECT
from infra.nodes import Node, Roster
from loadtests.settings import Edge


def platform(name: str) -> Platform:
    environment = load_environment(PROJECT / "environments" / f"{name}.yaml")
    outputs = SimpleNamespace(edge_https="127.0.0.1:8443", edge_rtsps="127.0.0.1:8322")
    return cast(Platform, SimpleNamespace(environment=environment, outputs=outputs))


def test_every_edge_of_many_nodes_is_known_in_the_order_of_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    def nodes(_environment: Environment) -> Roster:
        return Roster({f"node-{k}": Node(f"node-{k}", f"192.0.2.{k}") for k in (5, 4, 3, 2, 1)}, {})

    monkeypatch.setattr(tools, "roster", nodes)
    assert tools.edges(platform("lab")) == [
        Edge(https="192.0.2.4:8443", rtsps="192.0.2.4:8322"),
        Edge(https="192.0.2.5:8443", rtsps="192.0.2.5:8322"),
    ]


def test_one_machine_has_the_edge_that_its_stack_tells() -> None:
    assert tools.edges(platform("local")) == [Edge(https="127.0.0.1:8443", rtsps="127.0.0.1:8322")]
