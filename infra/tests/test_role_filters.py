"""The roles' own filters, loaded as Ansible loads them."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from citycam.model.workspace import PROJECT

GATEWAYS = [{"name": "gateway-1", "home": "node-1", "standby": "node-2"}]


def loaded(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(Path(path).stem, PROJECT / "playbooks/roles" / path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


swarm = loaded("swarm_node/filter_plugins/swarm.py")
identity = loaded("precheck/filter_plugins/swarm_identity.py")
certificates = loaded("pki/filter_plugins/certificates.py")


def node(id_: str, name: str = "", state: str = "ready", availability: str = "active", **labels: str) -> dict[str, Any]:
    named = {"citycam.node": name} if name else {}
    return {"ID": id_, "Status": {"State": state}, "Spec": {"Availability": availability, "Labels": named | labels}}


def info(*nodes: dict[str, Any], at: str = "", desired: str = "running") -> dict[str, Any]:
    task = {"ID": "t", "ServiceID": "s", "NodeID": at, "DesiredState": desired, "Status": {"State": "running"}}
    service = {"ID": "s", "Spec": {"Labels": {"citycam.part": "gateway-1"}}}
    return {"nodes": list(nodes), "services": [service], "tasks": [task] if at else []}


def test_of_two_nodes_with_one_name_the_one_that_is_ready_counts_and_what_a_host_says_itself_first() -> None:
    twice = info(node("new", "node-1"), node("old", "node-1", state="down"))
    assert swarm.node_ids(twice) == {"node-1": "new"}
    assert swarm.node_ids(twice, {"node-2": "bare"}) == {"node-1": "new", "node-2": "bare"}


def test_ids_are_taken_from_the_last_result_that_has_one() -> None:
    def told(id_: str) -> dict[str, Any]:
        return {"host_info": {"Swarm": {"NodeID": id_}}}

    hosts = [
        {"inventory_hostname": "node-1", "look": told("a"), "member": {"skipped": True}},
        {"inventory_hostname": "node-2", "look": told(""), "member": told("b")},
        {"inventory_hostname": "node-3", "look": {"unreachable": True}},
    ]
    assert swarm.own_ids(hosts, ["look", "member"]) == {"node-1": "a", "node-2": "b"}


def test_a_task_that_was_told_to_end_does_not_count_as_running() -> None:
    nodes = (node("a", "node-1"), node("b", "node-2"))
    assert swarm.gateway_nodes(info(*nodes, at="b"), GATEWAYS) == {"gateway-1": "node-2"}
    assert swarm.gateways_away(info(*nodes, at="b"), GATEWAYS) == ["gateway-1"]
    assert swarm.gateway_nodes(info(*nodes, at="b", desired="shutdown"), GATEWAYS) == {}


def test_a_gateway_whose_service_runs_nowhere_is_named_and_one_without_a_service_is_not() -> None:
    nodes = (node("a", "node-1"), node("b", "node-2"))
    two = [*GATEWAYS, {"name": "gateway-2", "home": "node-2", "standby": "node-1"}]
    assert swarm.gateways_nowhere(info(*nodes), two) == ["gateway-1"]
    assert swarm.gateways_nowhere(info(*nodes, at="b", desired="shutdown"), two) == ["gateway-1"]
    assert swarm.gateways_nowhere(info(*nodes, at="elsewhere"), two) == ["gateway-1"]
    assert swarm.gateways_nowhere(info(*nodes, at="b"), two) == []


def test_labels_follow_the_policy_and_a_drained_home_is_not_ready() -> None:
    nodes = (node("a", "node-1", availability="drain", **{"citycam.gateway.gateway-1": "yes"}), node("b", "node-2"))
    change = swarm.swarm_labels(info(*nodes, at="b"), "node-2", ["recording"], GATEWAYS, "guard")
    assert change == {
        "set": {"citycam.node": "node-2", "citycam.pool.recording": "yes", "citycam.gateway.gateway-1": "yes"},
        "unset": [],
    }
    assert swarm.gateways_away(info(*nodes, at="b"), GATEWAYS) == []
    assert swarm.is_ready(info(*nodes), "node-1")


def test_tasks_that_are_over_do_not_hold_a_node() -> None:
    tasks = [{"ID": state, "NodeID": "a", "Status": {"State": state}} for state in ("running", "shutdown", "failed")]
    assert swarm.tasks_on({"tasks": tasks}, "a") == ["running"]


def manager(name: str, *, leads: bool = False, reachability: str = "reachable") -> dict[str, Any]:
    status = {"Reachability": reachability} | ({"Leader": True} if leads else {})
    return node(name[-1], name) | {"ManagerStatus": status}


def test_votes_are_those_of_managers_that_answer() -> None:
    five = [manager(f"node-{number}", leads=number == 1) for number in range(1, 6)]
    recording = ["node-1", "node-2", "node-3"]
    steps = swarm.yielding(info(*five, node("6", "node-6")), recording)
    assert [(each["id"], each["role"]) for each in steps] == [("1", "worker"), ("1", "manager")]
    assert swarm.yielding(info(*five), [*recording, "node-4", "node-5"]) == []
    silent = [*five[:4], manager("node-5", reachability="unreachable")]
    bare = {**manager("node-4"), **node("4"), "Description": {"Hostname": "node-4"}}
    assert swarm.objections(info(bare), ["node-4"], "node-9", []) != []
    assert swarm.objections(info(*silent), ["node-5"], "node-9", ["node-8"]) == []


def test_who_is_asked_has_a_vote_and_rather_stays_and_rather_does_not_record() -> None:
    def host(name: str, control: bool | None) -> dict[str, Any]:
        look = {"unreachable": True} if control is None else {"host_info": {"Swarm": {"ControlAvailable": control}}}
        return {"inventory_hostname": name, "swarm_node_look": look}

    def asked(*controls: bool | None, leaving: tuple[str, ...] = ()) -> str:
        hosts = [host(f"node-{number}", control) for number, control in enumerate(controls, start=1)]
        return str(swarm.spokesman(hosts, leaving, ["node-1", "node-2"]))

    assert asked(True, True, True) == "node-3"
    assert asked(None, True, False) == "node-2"
    assert asked(False, False, False) == "node-3"  # it makes the Swarm
    assert asked(True, True, True, leaving=("node-3",)) == "node-1"
    assert asked(False, False, True, leaving=("node-3",)) == "node-3"
    assert swarm.spokesman([{"inventory_hostname": "node-1"}], [], ["node-1"]) == "node-1"


def issue(folder: Path, name: str, names: list[str], days: int, authority: Any = None) -> Any:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    issuer, signer = (authority[0].subject, authority[1]) if authority else (subject, key)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False)
        .sign(signer, hashes.SHA256())
    )
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / f"{name}.key").touch()
    return certificate, key


def test_a_certificate_is_due_when_absent_when_it_ends_soon_and_when_names_or_authority_are_others(
    tmp_path: Path,
) -> None:
    services = [{"name": name, "names": [name]} for name in ("good", "soon", "names", "other", "absent", "keyless")]
    assert certificates.certificates_due(services, str(tmp_path), 30) == services
    foreign = issue(tmp_path, "ca", ["ca"], 100)
    issue(tmp_path, "other", ["other"], 100, foreign)
    authority = issue(tmp_path, "ca", ["ca"], 100)
    issue(tmp_path, "good", ["good"], 100, authority)
    issue(tmp_path, "soon", ["soon"], 29, authority)
    issue(tmp_path, "names", ["names", "more"], 100, authority)
    issue(tmp_path, "keyless", ["keyless"], 100, authority)
    (tmp_path / "keyless.key").unlink()
    due = certificates.certificates_due(services, str(tmp_path), 30)
    assert [service["name"] for service in due] == ["soon", "names", "other", "absent", "keyless"]


@pytest.mark.parametrize(
    ("engine", "why"),
    [
        ({}, ""),
        ({"error": "timed out"}, ""),
        ({"state": "inactive", "labels": []}, ""),
        ({"state": "active"}, ""),
        ({"state": "locked", "managers": []}, ""),
        ({"state": "active", "managers": ["10.9.9.9:2377", "10.0.0.1:2377"]}, ""),
        ({"state": "active", "managers": ["[2001:db8::1]:2377"]}, ""),
        ({"state": "active", "managers": ["10.9.9.9:2377"]}, "managers are at 10.9.9.9:2377"),
        ({"state": "active", "labels": []}, "labelled with no environment"),
        ({"state": "active", "labels": ["citycam.environment=city-2"]}, "labelled citycam.environment=city-2"),
    ],
)
def test_an_engine_of_another_swarm_is_known_by_its_label_or_by_its_managers(engine: dict[str, Any], why: str) -> None:
    labelled = {"labels": ["citycam.environment=city"]} if "state" in engine else {}
    found = identity.FilterModule().filters()["another_swarm"](
        {**labelled, **engine}, "city", ["10.0.0.1", "10.0.0.2", "2001:db8::1"]
    )
    assert bool(found) == bool(why)
    assert why in found
