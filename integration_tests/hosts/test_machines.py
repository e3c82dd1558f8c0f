"""What the roles make of bare Debian, looked at over SSH."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from testinfra.host import Host  # type: ignore[import-untyped]

from citycam.model.errors import EnvironmentFailure
from infra.hosts import run_hosts
from infra.lab.keys import Key
from infra.precheck import findings
from integration_tests.waiting import wait_for

from .conftest import Journey

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]  # packages of two hosts come over the network


@pytest.fixture
def node(journey: Journey) -> Host:
    return journey.site.stand.host("node-1")


@pytest.fixture
def cameras(journey: Journey) -> Host:
    return journey.site.stand.host("site-1")


def test_nothing_stands_against_bare_hosts_and_looking_changed_nothing(journey: Journey) -> None:
    assert findings(journey.bare.data, ["node-1", "site-1"]) == []
    assert (journey.bare.changed, journey.bare.failed) == (0, 0)


def test_check_mode_foretells_and_does_nothing(journey: Journey) -> None:
    assert journey.checked.failed == 0
    assert all(journey.checked.hosts[host].changed > 5 for host in ("node-1", "site-1"))
    assert "chrony" not in journey.packages_after_check


def test_a_second_run_changes_nothing(journey: Journey) -> None:
    assert all(journey.first.hosts[host].changed > 10 for host in ("node-1", "site-1"))
    assert journey.changes_of_second == []
    assert (journey.second.changed, journey.second.failed) == (0, 0)


def test_every_service_runs_and_none_has_failed(node: Host, cameras: Host) -> None:
    for host in (node, cameras):
        for name in ("nftables", "chrony", "prometheus-node-exporter", "docker", "ssh"):
            service = host.service(name)
            assert service.is_enabled, f"{name} is not enabled"
            assert service.is_running, f"{name} does not run"
        assert host.check_output("systemctl --failed --no-legend --plain") == ""


def test_ssh_is_by_key_alone_and_forwards_only_from_here(node: Host) -> None:
    settings = dict(line.split(" ", 1) for line in node.check_output("sshd -T").splitlines())
    assert settings["passwordauthentication"] == "no"
    assert settings["permitrootlogin"] in ("without-password", "prohibit-password")
    assert settings["allowtcpforwarding"] == "local"
    assert settings["x11forwarding"] == "no"


def test_the_network_is_set_as_the_benchmark_wants(node: Host) -> None:
    for name, value in {"net.ipv4.conf.all.accept_redirects": 0, "net.ipv4.tcp_syncookies": 1}.items():
        assert node.sysctl(name) == value
    # The kernel is the machine's below it.
    assert "kernel." not in node.file("/etc/sysctl.d/60-citycam.conf").content_string


def test_accounts_own_the_numbers_that_services_write_as(node: Host) -> None:
    assert {name: node.user(name).uid for name in ("citycam", "citycam-database")} == {
        "citycam": 10001,
        "citycam-database": 10003,
    }


def test_operators_come_in_as_themselves_by_the_keys_that_were_said_last(
    journey: Journey, node: Host, tmp_path: Path
) -> None:
    old, new = Key.make(), Key.make()

    def comes_in(key: Key) -> bool:
        file = tmp_path / "key"
        file.touch(mode=0o600)
        file.write_bytes(key.private)
        settings = journey.site.stand.lab.workspace.ssh / "config"
        # Settings of the lab name a key of their own, which ssh would offer too: the operator has it not.
        call = ["ssh", "-F", str(settings), "-o", "BatchMode=yes", "-i", str(file), "-l", "an", "node-1", "id", "-nG"]
        return "adm" in subprocess.run(call, capture_output=True, text=True, timeout=30, check=False).stdout.split()

    for key, other in ((old, new), (new, old)):
        operator = {"name": "an", "groups": ["adm"], "keys": [key.public]}
        _deploy(journey, {"os_baseline_operators": [operator]}, tags=("users",))
        assert comes_in(key)
        assert not comes_in(other)
    assert node.user("an").password == "*"


def test_security_updates_leave_alone_what_records(node: Host) -> None:
    held = node.check_output("apt-config dump Unattended-Upgrade::Package-Blacklist")
    assert '"^docker\\.io$"' in held
    origins = node.check_output("apt-config dump Unattended-Upgrade::Origins-Pattern")
    assert origins.count("origin=") == 1
    assert "-security" in origins


CONNECT = "import socket; socket.create_connection(('{address}', {port}), timeout=3)"


def test_only_what_the_zone_table_says_comes_in(journey: Journey, node: Host, cameras: Host) -> None:
    address = node.addr("node-1").ipv4_addresses[0]

    def answers(port: int) -> bool:
        return bool(cameras.run("python3 -c %s", CONNECT.format(address=address, port=port)).rc == 0)

    node.check_output("systemd-run --unit=stray python3 -m http.server 8000")
    try:
        wait_for(lambda: node.socket("tcp://0.0.0.0:8000").is_listening, bool, "a server on 8000")
        assert answers(9100), "metrics are for the management zone"
        assert not answers(8000), "a port that is not in the table is open"
    finally:
        node.check_output("systemctl stop stray")


def test_the_firewall_and_dockers_rules_do_not_touch_each_other(node: Host) -> None:
    assert "table ip nat" in node.check_output("nft list tables")
    node.check_output("systemctl restart docker")
    assert "policy drop" in node.check_output("nft list chain inet citycam input")
    node.check_output("systemctl restart nftables")
    tables = node.check_output("nft list tables")
    assert {"table ip nat", "table inet citycam"} <= set(tables.splitlines())


def test_rules_that_nft_refuses_never_replace_those_that_hold(journey: Journey, node: Host) -> None:
    before = node.file("/etc/nftables.conf").content_string
    flows = [{"zone": "operator", "protocol": "tcp", "ports": [99999], "what": "no such port"}]
    with pytest.raises(EnvironmentFailure, match="playbook deploy"):
        _deploy(journey, {"os_baseline_flows": flows})
    assert node.file("/etc/nftables.conf").content_string == before


def test_ansible_never_locks_itself_out(journey: Journey, node: Host) -> None:
    before = node.file("/etc/nftables.conf").content_string
    with pytest.raises(EnvironmentFailure) as failure:
        _deploy(journey, {"os_baseline_operator_networks": ["192.0.2.0/24"]})
    assert "would lock itself out" in failure.value.why
    assert node.file("/etc/nftables.conf").content_string == before
    with pytest.raises(EnvironmentFailure) as failure:
        _deploy(journey, {"os_baseline_root_login": "no"})
    assert "would lock itself out" in failure.value.why


def _deploy(journey: Journey, variables: dict[str, object], tags: tuple[str, ...] = ("ssh", "firewall")) -> None:
    site = journey.site
    run_hosts("deploy", site.environment, variables, inventory=site.stand.inventory, tags=tags)


def test_all_hosts_have_the_time_of_one_and_say_how_far_they_are_from_it(node: Host, cameras: Host) -> None:
    def metric(host: Host, name: str) -> float:
        lines = host.check_output("cat /var/lib/prometheus/node-exporter/citycam_clock.prom").splitlines()
        return float(dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))[name])

    wait_for(
        lambda: metric(cameras, "citycam_clock_stratum"), lambda stratum: stratum == 11, "a source of the time", 90
    )
    assert metric(node, "citycam_clock_stratum") == 10
    assert abs(metric(cameras, "citycam_clock_offset_seconds")) < 0.1
    assert "x" in cameras.file("/etc/default/chrony").content_string.split("-F 1")[1], (
        "it would set the machine's clock"
    )


def test_metrics_are_on_the_management_address_alone(node: Host) -> None:
    listening = node.check_output("ss --listening --tcp --numeric --no-header sport = 9100")
    [address] = [line.split()[3] for line in listening.splitlines()]
    assert address == f"{node.addr('node-1').ipv4_addresses[0]}:9100"
    metrics = node.check_output(
        "python3 -c %s",
        f"import urllib.request; print(urllib.request.urlopen('http://{address}/metrics').read().decode())",
    )
    assert "citycam_clock_offset_seconds" in metrics


def test_the_engine_logs_to_the_journal_and_says_whose_it_is(journey: Journey, node: Host) -> None:
    engine = json.loads(node.check_output("docker info --format '{{json .}}'"))
    assert engine["Driver"] == "overlay2"
    assert engine["LoggingDriver"] == "journald"
    assert engine["LiveRestoreEnabled"] is False
    assert engine["Labels"] == [f"citycam.environment={journey.site.stand.name}"]
    assert engine["Swarm"]["LocalNodeState"] == "inactive"


def test_what_a_host_logs_is_on_the_platforms_host_too(node: Host, cameras: Host) -> None:
    cameras.check_output("logger --tag citycam-test found-elsewhere")
    wait_for(
        lambda: node.check_output("journalctl --directory /var/log/journal/remote --no-pager -o cat -t citycam-test"),
        lambda said: "found-elsewhere" in said,
        "the message on the platform's host",
        timeout=60,
    )
    assert cameras.file("/etc/citycam/journal/journal-sender.key").mode == 0o640
    assert not cameras.file("/etc/citycam/journal/journal.key").exists
