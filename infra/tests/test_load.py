from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from citycam.model.environment import Environment, Load
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import Workspace
from infra import load
from infra.images.contexts import tags
from infra.load import LoadPlan, LoadServices, exit_codes
from infra.nodes import Node, Roster
from infra.provider.tests.engine import Client
from infra.tests.mocked import addresses, lab, local

PLAN = LoadPlan('{"password": "a secret"}', "LOAD", "JOURNAL", ("--headless",))
DIGEST = "sha256:" + "1" * 64


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, client: Client) -> list[str]:
    """What nodes were told over SSH; the engine is reached, and has the stack's network."""
    commands: list[str] = []

    def run_on(node: Node, command: str) -> bytes:
        commands.append(f"{node.name}: {command}")
        return b""

    def nodes(environment: Environment, _project: Path) -> Roster:
        return Roster({name: Node(name, address) for name, address in addresses(environment).items()}, {})

    monkeypatch.setattr(load, "reach", lambda *_: nullcontext())
    monkeypatch.setattr(load, "run_on", run_on)
    monkeypatch.setattr(load, "roster", nodes)
    client.api.keep("networks", {"Name": "citycam-lab-service"}, "the service network")
    return commands


@pytest.fixture
def services(tmp_path: Path) -> LoadServices:
    workspace = Workspace.of("lab", tmp_path)
    workspace.pki.mkdir(parents=True)
    (workspace.pki / "ca.crt").write_text("the authority", encoding="ascii")
    digests = {tags()["loadgen"]: DIGEST}
    workspace.images.write_text(json.dumps({"schema_version": 1, "digests": digests}), encoding="utf-8")
    # The engine written by hand runs one task of a service.
    return LoadServices(lab().model_copy(update={"load": Load(workers=1)}), tmp_path)


def specs(client: Client) -> dict[str, dict[str, Any]]:
    return {each["Spec"]["Name"]: each["Spec"] for each in client.api.objects["services"].values()}


def test_a_run_is_a_master_and_workers_on_the_nodes_for_load(
    client: Client, told: list[str], services: LoadServices
) -> None:
    services.start(PLAN)
    found = specs(client)
    assert sorted(found) == ["citycam-lab-load-master", "citycam-lab-load-worker"]
    for spec in found.values():
        template = spec["TaskTemplate"]
        assert template["Placement"]["Constraints"] == ["node.labels.citycam.pool.load == yes"]
        assert template["RestartPolicy"]["Condition"] == "none"
        assert template["ContainerSpec"]["Image"] == f"node-5:5000/citycam/loadgen@{DIGEST}"
        assert template["Networks"][0]["Target"] == "the service network"
    master, worker = (found[f"citycam-lab-load-{role}"] for role in ("master", "worker"))
    assert worker["Mode"]["Replicated"]["Replicas"] == 1
    assert master["TaskTemplate"]["ContainerSpec"]["Args"] == [
        *("--headless", "--master", "--expect-workers", "1", "--expect-workers-max-wait", "60"),
    ]
    assert worker["TaskTemplate"]["ContainerSpec"]["Args"] == [
        *("--headless", "--worker", "--master-host", "load-master.service"),
    ]
    assert "JOURNAL=load-worker-{{.Task.Slot}}.jsonl" in worker["TaskTemplate"]["ContainerSpec"]["Env"]
    assert services.names == ["load-master-1", "load-worker-1"]
    assert [line for line in told if "install -d -o 10001 -g 10001 /var/lib/citycam/lab/load" in line] == told


def test_what_it_is_told_is_a_secret_and_goes_with_it(client: Client, told: list[str], services: LoadServices) -> None:
    services.start(PLAN)
    assert "a secret" not in json.dumps(specs(client))
    assert len(client.api.objects["secrets"]) == len(client.api.objects["configs"]) == 1
    services.stop()
    services.stop()
    assert {kind: client.api.objects[kind] for kind in ("services", "secrets", "configs")} == {
        "services": {},
        "secrets": {},
        "configs": {},
    }


def test_of_a_run_that_cannot_start_nothing_is_left(client: Client, told: list[str], services: LoadServices) -> None:
    client.api.refusal = "no such node"
    with pytest.raises(EnvironmentFailure, match="no such node"):
        services.start(PLAN)
    assert client.api.objects["services"] == client.api.objects["secrets"] == {}


def test_the_services_of_another_part_stay(client: Client, told: list[str], services: LoadServices) -> None:
    ours = {"citycam.environment": "lab"}
    client.api.keep("services", {"Spec": {"Name": "citycam-lab-edge", "Labels": ours}})
    client.api.keep("secrets", {"Spec": {"Name": "citycam-lab-edge-key-0123", "Labels": ours}})
    services.stop()
    assert len(client.api.objects["services"]) == len(client.api.objects["secrets"]) == 1


def test_one_that_never_started_has_failed() -> None:
    tasks = [
        {"Slot": 1, "Status": {"State": "complete", "ContainerStatus": {"ExitCode": 0}}},
        {"Slot": 2, "Status": {"State": "failed", "ContainerStatus": {"ExitCode": 137}}},
        {"Slot": 3, "Status": {"State": "rejected"}},
        {"Slot": 4, "Status": {"State": "running", "ContainerStatus": {"ExitCode": 0}}},
    ]
    assert exit_codes("load-worker", tasks) == {"load-worker-1": 0, "load-worker-2": 137, "load-worker-3": -1}


def test_there_are_as_many_workers_as_the_environment_says() -> None:
    assert LoadServices(lab()).names == ["load-master-1", "load-worker-1", "load-worker-2"]


def test_one_machine_has_no_nodes_for_load() -> None:
    with pytest.raises(ValueError, match="local has no nodes"):
        LoadServices(local())
