from __future__ import annotations

import logging
from typing import Any

import pytest
from docker.errors import APIError
from hypothesis import given
from hypothesis import strategies as st

from citycam.plan.labels import Swarm
from infra.pins import elsewhere, pinned
from infra.provider.service_args import ServiceArgs
from infra.provider.service_spec import request
from infra.provider.tests.engine import Client, task
from infra.tests.mocked import lab, local

NODES = ("node-1", "node-2", "node-3")
GATEWAYS = ("gateway-1", "gateway-2")


class Nodes:
    """The nodes of a Swarm. `busy` changes are refused because somebody else was faster."""

    def __init__(self, labels: dict[str, dict[str, str]], busy: int = 0) -> None:
        self.labels = labels
        self.busy = busy
        self.version = 1
        self.log: list[str] = []

    def nodes(self) -> list[dict[str, Any]]:
        return [self.inspect_node(name) for name in self.labels]

    def inspect_node(self, name: str) -> dict[str, Any]:
        spec = {"Role": "worker", "Availability": "active", "Labels": dict(self.labels[name])}
        return {"ID": name, "Version": {"Index": self.version}, "Spec": spec}

    def update_node(self, name: str, version: int, spec: dict[str, Any]) -> None:
        if self.busy:
            self.busy, self.version = self.busy - 1, self.version + 1
            raise APIError("update out of sequence")
        assert version == self.version
        assert (spec["Role"], spec["Availability"]) == ("worker", "active")
        self.labels[name] = spec["Labels"]
        self.log.append(name)


def yes(*gateways: str) -> dict[str, str]:
    return {"citycam.pool.recording": "yes"} | {f"citycam.gateway.{gateway}": "yes" for gateway in gateways}


@pytest.fixture
def nodes(client: Client, monkeypatch: pytest.MonkeyPatch) -> Nodes:
    """gateway-1 runs on node-1, gateway-2 on its standby node-3, gateway-3 nowhere; each may run on two nodes."""
    found = Nodes(
        {"node-1": yes("gateway-1"), "node-2": yes(*GATEWAYS, "gateway-3"), "node-3": yes("gateway-2", "gateway-3")}
    )
    runs = {}
    for gateway, node in (("gateway-1", "node-1"), ("gateway-2", "node-3"), ("gateway-3", ""), ("edge", "node-2")):
        args = ServiceArgs(f"citycam-lab-{gateway}", "lab", gateway, "image")
        id_ = client.api.create_service(**request(args.properties(), "sha256:1"))["ID"]
        ended = task({}, "failed") | {"NodeID": "node-2", "DesiredState": "shutdown"}
        runs[id_] = [ended, *([task({}) | {"NodeID": node}] if node else [])]
    monkeypatch.setattr(client.api, "tasks", lambda filters: runs[filters["service"]])
    for name in ("nodes", "inspect_node", "update_node"):
        monkeypatch.setattr(client.api, name, getattr(found, name), raising=False)
    return found


def test_while_it_lasts_a_gateway_may_run_only_where_it_runs(nodes: Nodes) -> None:
    before = {name: dict(labels) for name, labels in nodes.labels.items()}
    with pinned(lab()):
        assert nodes.labels == {
            "node-1": yes("gateway-1"),
            "node-2": yes("gateway-3"),
            "node-3": yes("gateway-2", "gateway-3"),
        }
    assert nodes.labels == before


def test_labels_return_also_after_a_failure_and_are_set_again_when_somebody_else_was_faster(nodes: Nodes) -> None:
    before = {name: dict(labels) for name, labels in nodes.labels.items()}
    nodes.busy = 2
    with pytest.raises(KeyError), pinned(lab()):
        raise KeyError
    assert nodes.labels == before


def test_a_manager_that_is_lost_meanwhile_leaves_a_word(nodes: Nodes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pinned(lab()):
        nodes.busy = 100
    assert "citycam hosts recover" in caplog.text


def test_one_machine_has_no_labels(client: Client) -> None:
    with pinned(local()):
        assert client.api.done == []


swarms = st.builds(
    Swarm,
    labels=st.dictionaries(
        st.sampled_from(NODES), st.sets(st.sampled_from(GATEWAYS)).map(lambda chosen: yes(*chosen)), min_size=1
    ),
    running=st.dictionaries(st.sampled_from(GATEWAYS), st.sampled_from(("", *NODES))),
)


@given(swarms)
def test_what_runs_where_it_may_keeps_that_label_alone_and_all_else_keeps_its_own(swarm: Swarm) -> None:
    taken = elsewhere(GATEWAYS, swarm)
    for gateway in GATEWAYS:
        here = swarm.running.get(gateway, "")
        may = swarm.labelled(gateway)
        left = {node for node in may if f"citycam.gateway.{gateway}" not in taken.get(node, ())}
        assert left == ({here} if here in may else may)
