from __future__ import annotations

import copy
from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure, ExitCode
from infra.precheck import Finding, findings, require
from infra.refusal import refusal

NOW = 1_700_000_000.0


def look(**changes: Any) -> dict[str, Any]:
    """What the role leaves of a host that is well; `changes` go to what was seen, `required` to what must be."""
    required = changes.pop("required", {})
    return {
        "unreachable": False,
        "said": "",
        "answered": NOW + 2,
        "seen": {
            "asked": NOW,
            "clock": NOW + 1,
            "release": {"id": "debian", "version": "12"},
            "systemd": True,
            "memory": 8_000_000_000,
            "disks": {"/var/lib/docker": {"size": 100_000_000_000, "free": 50_000_000_000}},
            "features": {"overlay": "yes", "vxlan": "yes"},
            "interfaces": ["eth0", "eth1", "lo"],
            "listeners": [],
            "engine": None,
            **changes,
        },
        "required": {
            "address": "10.0.0.1",
            "environment": "lab",
            "managers": ["10.0.0.1", "10.0.0.2"],
            "release": "12",
            "memory": 2_000_000_000,
            "disk": 20_000_000_000,
            "disk_free": 5_000_000_000,
            "clock": 60.0,
            "interfaces": ["eth1"],
            "ports": [
                {"port": 9100, "protocol": "tcp", "programs": ["prometheus-node-exporter"]},
                {"port": 4789, "protocol": "udp", "programs": []},
            ],
            **required,
        },
    }


def unseen(said: str) -> dict[str, Any]:
    return {**look(), "seen": None, "unreachable": True, "said": said}


def engine(**changes: Any) -> dict[str, Any]:
    """An engine in our Swarm."""
    ours = {
        "version": "20.10.24+dfsg1",
        "labels": ["citycam.environment=lab"],
        "state": "active",
        "control": True,
        "cluster": "ours",
        "managers": ["10.0.0.1:2377", "10.0.0.2:2377"],
    }
    return {**ours, **changes}


def found(*looks: dict[str, Any], wanted: tuple[str, ...] | None = None) -> list[Finding]:
    hosts = {f"node-{number}": each for number, each in enumerate(looks, start=1)}
    return findings({"precheck": hosts}, wanted or tuple(hosts))


def only(*looks: dict[str, Any]) -> Finding:
    [finding] = found(*looks)
    return finding


def test_nothing_stands_against_hosts_that_are_well() -> None:
    bare, ours = look(), look(engine=engine())
    worker = look(engine=engine(control=False, cluster="", managers=["10.0.0.2:2377"]))
    out = look(engine=engine(state="inactive", labels=[], managers=[]))
    assert found(bare, ours, worker, out) == []
    require({"precheck": {"node-1": bare}}, ["node-1"])


def test_what_will_use_a_port_may_have_it_already() -> None:
    # The kernel cuts a program's name, and has no program for what it does itself.
    assert not found(
        look(
            listeners=[
                {"protocol": "tcp", "port": 9100, "program": "prometheus-node"},
                {"protocol": "udp", "port": 4789, "program": ""},
                {"protocol": "udp", "port": 9100, "program": "other"},
            ]
        )
    )


@pytest.mark.parametrize(
    ("changes", "check", "seen"),
    [
        ({"release": {"id": "debian", "version": "11"}}, "release", "debian 11"),
        ({"release": {"id": "ubuntu", "version": "12"}}, "release", "ubuntu 12"),
        ({"release": {"id": "", "version": ""}}, "release", "unknown"),
        ({"systemd": False}, "systemd", "systemd"),
        ({"clock": NOW + 302}, "clock", "5 minutes ahead"),
        ({"clock": NOW - 600}, "clock", "10 minutes behind"),
        ({"clock": NOW - 7 * 3600}, "clock", "7.0 hours behind"),
        ({"clock": NOW + 63}, "clock", "61 seconds ahead"),
        ({"memory": 1_000_000_000}, "memory", "1.0 GB of memory, 2.0 GB wanted"),
        ({"disks": {"/var/lib/docker": {"size": 10**10, "free": 10**10}}}, "disk", "disk of 10.0 GB, 20.0 GB wanted"),
        ({"disks": {"/var/lib/docker": {"size": 10**11, "free": 10**9}}}, "disk", "1.0 GB free for /var/lib/docker"),
        ({"features": {"vxlan": "no"}}, "kernel", "no vxlan"),
        ({"features": {"vxlan": "unknown"}}, "kernel", "nothing tells"),
        ({"interfaces": ["eth0", "lo"]}, "interface", "no eth1, but eth0"),
        ({"listeners": [{"protocol": "tcp", "port": 9100, "program": "nc"}]}, "port 9100/tcp", "nc listens"),
        ({"listeners": [{"protocol": "udp", "port": 4789, "program": "nc"}]}, "port 4789/udp", "nc listens"),
        ({"engine": {"error": "timed out"}}, "engine", "timed out"),
        ({"engine": engine(version="19.03.1", state="inactive")}, "engine", "19.03.1"),
        ({"engine": engine(labels=[])}, "swarm", "another Swarm"),
        ({"engine": engine(labels=["citycam.environment=other"])}, "swarm", "another Swarm"),
        ({"engine": engine(managers=["10.0.0.1:2377", "10.9.9.9:2377"])}, "swarm", "not name, at 10.9.9.9:2377"),
        ({"engine": engine(managers=["10.9.9.8:2377", "10.9.9.9:2377"])}, "swarm", "managers are at 10.9.9.8:2377, 10"),
    ],
)
def test_each_fault_is_found_alone_with_its_host_and_a_fix(changes: dict[str, Any], check: str, seen: str) -> None:
    finding = only(look(), look(**changes))
    assert (finding.host, finding.check) == ("node-2", check)
    assert seen in finding.seen
    assert finding.fix


def test_a_slow_answer_is_no_wrong_clock() -> None:
    slow = look()
    slow["answered"] = NOW + 600
    assert found(slow) == []


@pytest.mark.parametrize(
    ("said", "check", "seen"),
    [
        ("@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.", "key", "another"),
        ("No ED25519 host key is known for 10.0.0.1 and you have requested strict checking.", "key", "not known"),
        ("root@10.0.0.1: Permission denied (publickey).", "key", "refuses our key"),
        ("ssh: Could not resolve hostname nowhere: Name or service not known", "host", "no host is called 10.0.0.1"),
        ("ssh: connect to host 10.0.0.1 port 22: Connection timed out", "host", "nobody answers"),
        ("ssh: connect to host 10.0.0.1 port 22: No route to host", "host", "nobody answers"),
        ("/bin/sh: 1: /usr/bin/python3: not found", "python", "no Python"),
        ("Missing sudo password", "root", "root"),
        ("sudo: a password is required", "root", "root"),
        ("something new", "host", "something new"),
        ("", "host", "no reason"),
    ],
)
def test_a_host_that_cannot_be_looked_at_is_a_finding_and_hides_no_other(said: str, check: str, seen: str) -> None:
    first, second = found(unseen(said), look(systemd=False))
    assert (first.host, first.check) == ("node-1", check)
    assert seen in first.seen
    assert first.fix
    assert second.check == "systemd"
    assert refusal(said, "10.0.0.1").seen == first.seen


def test_two_swarms_that_both_look_like_ours_are_told_by_the_most_managers() -> None:
    ours, other = look(engine=engine()), look(engine=engine(cluster="other"))
    finding = only(ours, other, copy.deepcopy(ours))
    assert (finding.host, finding.check) == ("node-2", "swarm")
    assert "than node-1" in finding.seen


def test_a_host_that_the_inventory_does_not_know_is_named() -> None:
    [finding] = found(look(), wanted=("node-1", "node-9"))
    assert (finding.host, finding.check) == ("node-9", "host")
    assert "inventory" in finding.seen


def test_all_findings_come_at_once_by_host() -> None:
    data = {"precheck": {"b": look(systemd=False, memory=1), "a": unseen("Connection refused"), "c": look()}}
    with pytest.raises(EnvironmentFailure, match="2 of 3 hosts are not ready: a, b") as failure:
        require(data, ["a", "b"])
    assert failure.value.exit_code is ExitCode.ENVIRONMENT
    assert [(each["host"], each["check"]) for each in failure.value.details["findings"]] == [
        ("a", "host"),
        ("b", "memory"),
        ("b", "systemd"),
    ]
    assert all(word in failure.value.why for word in ("nobody answers", "memory", "systemd"))


@pytest.mark.parametrize("data", [{"precheck": {"node-1": {"seen": 1}}}, {"precheck": []}])
def test_an_answer_that_cannot_be_read_is_no_verdict(data: dict[str, Any]) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot be read"):
        findings(data, ["node-1"])
