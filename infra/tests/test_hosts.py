from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import PROJECT, Workspace
from infra import hosts
from infra.hosts import host_variables, nobody, prepare_hosts, run_hosts
from infra.tests.mocked import local

Run = list[tuple[str, dict[str, Any], list[str], Path]]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Run:
    """The playbooks that were run: ansible itself is tried in integration_tests/playbooks."""
    found: Run = []

    def run(name: str, variables: dict[str, Any], tags: list[str], project: Path) -> None:
        found.append((name, variables, tags, project))

    monkeypatch.setattr(hosts, "run_playbook", run)
    return found


def configured(workspace: Workspace, gateway: str) -> None:
    folder = workspace.gateway_config(gateway)
    folder.mkdir(parents=True)
    (folder / "mediamtx.yml").touch()


def test_gateways_without_a_configuration_get_an_empty_one_in_their_own_checkout(tmp_path: Path, runs: Run) -> None:
    workspace = Workspace.of("local", tmp_path)
    prepare_hosts(local(), workspace)
    ((name, variables, tags, project),) = runs
    assert (name, tags, project) == ("site.yml", ["pki", "gateway_config"], PROJECT)
    assert variables["pki_folder"] == str(workspace.pki)
    gateways = variables["gateway_config_gateways"]
    assert [(each["name"], each["cameras"]) for each in gateways] == [("gateway-1", []), ("gateway-2", [])]
    assert gateways[0]["config_folder"] == str(workspace.gateway_config("gateway-1"))


def test_a_gateway_that_has_a_configuration_keeps_its_cameras(tmp_path: Path, runs: Run) -> None:
    workspace = Workspace.of("local", tmp_path)
    configured(workspace, "gateway-1")
    prepare_hosts(local(), workspace)
    assert [each["name"] for each in runs[0][1]["gateway_config_gateways"]] == ["gateway-2"]


def test_when_all_have_theirs_only_certificates_are_looked_after(tmp_path: Path, runs: Run) -> None:
    workspace = Workspace.of("local", tmp_path)
    for gateway in local().gateway_names:
        configured(workspace, gateway)
    prepare_hosts(local(), workspace)
    assert runs[0][2] == ["pki"]


LAB = load_environment(PROJECT / "environments/lab.yaml")


def test_a_gateway_has_its_files_where_it_may_run_and_folders_of_a_node(tmp_path: Path) -> None:
    variables = host_variables(LAB, nobody(LAB), b"", tmp_path)
    assert variables["citycam_gateways"][0] == {"name": "gateway-1", "home": "node-1", "standby": "node-2"}
    assert variables["citycam_gateways_on"]["node-5"] == []
    for gateway in variables["citycam_gateways"]:
        holders = {node for node, names in variables["citycam_gateways_on"].items() if gateway["name"] in names}
        assert holders == {gateway["home"], gateway["standby"]}
    assert variables["citycam_gateway_files"][0]["config_folder"] == "/var/lib/citycam/lab/gateways/gateway-1"
    assert variables["citycam_pki"] == str(tmp_path / ".citycam/lab/pki")
    assert {service["name"] for service in variables["pki_services"]} >= {"registry", "database", "backup"}


def test_gateways_stay_where_the_environment_says() -> None:
    assert LAB.nodes is not None
    homes = {"gateway-1": "node-3"}
    grown = LAB.model_copy(update={"nodes": LAB.nodes.model_copy(update={"homes": homes})})
    variables = host_variables(grown, nobody(grown), b"")
    assert variables["citycam_gateways"][0] == {"name": "gateway-1", "home": "node-3", "standby": "node-1"}


def test_a_limit_reaches_the_play_as_a_variable_because_managers_are_always_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: dict[str, Any] = {}

    def run(name: str, variables: dict[str, Any], tags: tuple[str, ...], on_event: object, **options: Any) -> None:
        seen.update(options, name=name, variables=variables)

    monkeypatch.setattr(hosts, "run_playbook", run)
    run_hosts("drain", LAB, {"citycam_nodes": ["node-2"]}, limit="node-2", check=True, project=tmp_path)
    assert (seen["name"], seen["check"]) == ("hosts/drain.yml", True)
    assert seen["inventory"] == tmp_path / ".citycam/lab/hosts.yml"
    assert (seen["variables"]["citycam_limit"], seen["variables"]["citycam_nodes"]) == ("node-2", ["node-2"])


def test_one_machine_has_no_hosts_to_run_a_play_on() -> None:
    with pytest.raises(ConfigError, match="has no nodes"):
        run_hosts("deploy", local())
