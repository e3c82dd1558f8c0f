"""From three bare machines to a platform that loses a node while it records, and back to bare machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network
from operator import methodcaller
from pathlib import Path

import pytest
from testinfra.host import Host  # type: ignore[import-untyped]

from citycam.cli.lab_run import (
    Asked,
    Event,
    Recorded,
    cut_network,
    cut_power,
    give_network,
    give_power,
    leader,
    record_while,
)
from citycam.inventory.roster import dump_csv
from citycam.inventory.sample import sample_inventory
from citycam.model.environment import load_environment
from citycam.model.workspace import PROJECT
from citycam.plan.homes import homes
from citycam.plan.outage.timings import timings
from infra.images.push import push
from integration_tests.command import Ended, citycam
from integration_tests.waiting import wait_for

from .stand import Stand, standing

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

CAMERAS = 24
LEASE_S = timings().watch.lease.value
"""For which a node that hears nobody records on: role `quorum_watch`."""
NODES = ["node-1", "node-2", "node-3"]


@dataclass(frozen=True)
class City:
    """A lab, the file of an environment on it, and a campaign there."""

    stand: Stand
    environment: Path
    campaign: Asked

    def hosts(self, verb: str, *options: str) -> Ended:
        """`citycam hosts VERB` on it."""
        return citycam("hosts", verb, "--environment", str(self.environment), *options, timeout=1200)

    def lost(self) -> str:
        """The node that loses power: neither the platform's, nor the Swarm's leader, which is missed later."""
        return next(name for name in NODES[:2] if name != leader(load_environment(self.environment), PROJECT))

    def overheard(self) -> str:
        """The node to cut off: rather the manager that the camera site's engine speaks to, which must not go along."""
        said = self.stand.host("site-1").check_output("ss --no-header --tcp --numeric state established dport = :2377")
        speaks_to = next(host.host for host in self.stand.lab.status() if f"{host.address}:2377" in said)
        leads = leader(load_environment(self.environment), PROJECT)
        return speaks_to if speaks_to in NODES[:2] and speaks_to != leads else self.lost()

    def fleet_tasks(self) -> list[str]:
        """Tasks that the cameras' service ever had, as far as the Swarm remembers."""
        service = load_environment(self.environment).service_name("fleet-1")
        return sorted(self.stand.host(NODES[2]).check_output(f"docker service ps --quiet {service}").split())

    def wait_until_agreed(self) -> None:
        """Until all hosts are ready and all managers follow one: a manager that returns makes them elect anew."""
        ask = "docker node ls --format '{{.Status}} {{.ManagerStatus}}'"
        wait_for(
            lambda: sorted(self.stand.host(NODES[2]).run(ask).stdout.splitlines()),
            lambda seen: [each.strip() for each in seen] == ["Ready", "Ready Leader", *["Ready Reachable"] * 2],
            "Swarm that agrees",
            timeout=180,
        )

    def wait_until_taken_over(self, lost: str) -> None:
        """Until the gateways of a lost node run at their standbys."""
        environment = load_environment(self.environment)
        places = homes(environment.gateway_names, NODES)
        gateways = [name for name, home in places.home.items() if home == lost]
        manager = self.stand.host(NODES[2])
        for gateway in gateways:
            wait_for(
                partial(
                    manager.check_output,
                    f"docker service ps {environment.service_name(gateway)} "
                    "--filter desired-state=running --format '{{.Node}} {{.CurrentState}}'",
                ),
                methodcaller("startswith", f"{places.standby[gateway]} Running"),
                f"{gateway} at {places.standby[gateway]}",
                timeout=120,
            )

    def changed(self, ended: Ended) -> dict[str, int]:
        """Changes of a play by host."""
        assert ended.code == 0, ended.said
        return {host: counts["changed"] for host, counts in ended.data["hosts"].items()}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Three bare nodes and a camera site."""
    folder = tmp_path_factory.mktemp("journey")
    with standing("trip", 3) as stand:
        text = (PROJECT / "environments" / "lab-3.yaml").read_text(encoding="utf-8").replace("lab-3", stand.name)
        environment = folder / "environment.yaml"
        environment.write_text(text, encoding="utf-8")
        cameras = folder / "cameras.csv"
        cameras.write_text(dump_csv(sample_inventory(CAMERAS, 7, IPv4Network("198.18.64.0/18"))), encoding="utf-8")
        yield City(stand, environment, Asked(PROJECT / "campaigns" / "failover.yaml", environment, cameras, 75))


@pytest.fixture(scope="module")
def deployed(city: City) -> City:
    """Bare machines made into nodes."""
    ended = city.hosts("deploy")
    assert ended.code == 0, ended.said
    return city


@pytest.fixture(scope="module")
def recording(deployed: City) -> City:
    """The platform stands, and gateways have standbys."""
    push(load_environment(deployed.environment), lambda _: None)
    ended = citycam("stack", "up", "--environment", str(deployed.environment), timeout=900)
    assert ended.code == 0, ended.said
    recovered = deployed.hosts("recover")
    assert recovered.code == 0, recovered.said
    return deployed


@pytest.fixture(scope="module")
def recorded(recording: City, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A campaign during which a node loses power, and returns before its end."""
    lost, lab = recording.lost(), recording.stand.name
    events = [
        cut_power(lab, lost, 10.0),
        Event(11.0, lambda: recording.wait_until_taken_over(lost)),
        give_power(lab, lost, 12.0),
    ]
    return record_while(recording.campaign, events, tmp_path_factory.mktemp("runs"))


@dataclass(frozen=True)
class Parted:
    """A recording during which a node was cut off, and the tasks of the cameras' service before and after."""

    recorded: Recorded
    before: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def parted(recorded: Recorded, recording: City, tmp_path_factory: pytest.TempPathFactory) -> Parted:
    """A campaign during which a node is cut off for longer than its lease."""
    assert recorded.run.audit.is_dir()
    ended = recording.hosts("recover")
    assert ended.code == 0, ended.said
    lost, lab = recording.overheard(), recording.stand.name
    tasks: list[list[str]] = []
    look = Event(9.0, lambda: tasks.append(recording.fleet_tasks()))
    events = [look, cut_network(lab, lost, 10.0), give_network(lab, lost, 15.0 + LEASE_S)]
    found = record_while(recording.campaign, events, tmp_path_factory.mktemp("runs"))
    recording.wait_until_agreed()
    return Parted(found, tasks[0], recording.fleet_tasks())


def test_precheck_finds_the_machines_fit(city: City) -> None:
    ended = city.hosts("precheck")
    assert ended.code == 0, ended.said


def test_a_check_of_bare_machines_says_much_and_changes_nothing(city: City) -> None:
    changed = city.changed(city.hosts("deploy", "--check"))
    assert all(changed[node] for node in NODES)
    for node in NODES:
        assert not city.stand.host(node).package("docker.io").is_installed


def test_a_second_run_changes_nothing(deployed: City) -> None:
    changed = deployed.changed(deployed.hosts("deploy"))
    assert set(changed) >= {*NODES, "site-1"}
    assert set(changed.values()) == {0}


@pytest.mark.parametrize("node", NODES)
def test_a_node_is_what_its_roles_say(deployed: City, node: str) -> None:
    host = deployed.stand.host(node)
    for service in ("docker", "chrony", "nftables", "ssh", "citycam-quorum-watch"):
        assert host.service(service).is_enabled, service
    for service in ("docker", "citycam-quorum-watch"):
        assert host.service(service).is_running, service
    swarm = host.check_output("docker info --format '{{.Swarm.LocalNodeState}} {{.Swarm.ControlAvailable}}'")
    assert swarm == "active true"
    assert "passwordauthentication no" in host.check_output("sshd -T")
    assert host.check_output("nft list ruleset")
    folder = host.file(f"/var/lib/citycam/{deployed.stand.name}/recordings")
    assert folder.is_directory


def test_every_part_runs_where_it_belongs(recording: City) -> None:
    status = citycam("stack", "status", "--environment", str(recording.environment))
    assert status.code == 0, status.said
    environment = load_environment(recording.environment)
    places = homes(environment.gateway_names, NODES)
    for gateway in environment.gateway_names:
        host = recording.stand.host(places.home[gateway])
        label = f"citycam.part={gateway}"
        assert host.check_output(f"docker ps --quiet --filter label={label}"), f"{gateway} is not at home"


def test_cameras_of_other_nodes_lose_nothing(recorded: Recorded) -> None:
    assert len(recorded.failover.stayed) == CAMERAS - len(recorded.failover.moved)
    assert recorded.failover.lost_elsewhere == 0, recorded.failover.stayed


def test_cameras_of_the_lost_node_are_re_assigned_exactly_once(recorded: Recorded) -> None:
    moved = recorded.failover.moved
    assert moved
    assert len({one.gateway for one in moved}) == 1
    assert len({one.nodes for one in moved}) == 1
    assert recorded.failover.once, [(one.camera, one.nodes) for one in moved]
    assert recorded.failover.overlap_s == 0


def test_what_the_lost_node_had_joins_the_timeline(recorded: Recorded) -> None:
    """It was cut off in the middle of a part: nothing but the gap is missing."""
    for one in recorded.failover.moved:
        assert 0 < one.gap_s < 60, one
        assert one.lost <= round(one.gap_s * 10), one


def test_viewers_watched_from_the_node_that_is_for_load(recorded: Recorded, recording: City) -> None:
    summary = json.loads((recorded.run.evidence / "load.json").read_text(encoding="utf-8"))
    assert summary["healthy"], summary["why"]
    assert summary["requests"] > summary["failures"], summary
    names = {path.stem for path in (recorded.run.evidence / "load").iterdir()}
    assert {"load-master-1", "load-worker-1"} <= names
    folder = f"/var/lib/citycam/{recording.stand.name}/load"
    for name in names:
        assert recording.stand.host("site-1").file(f"{folder}/{name}.jsonl").exists, name


def test_a_node_that_nobody_hears_records_no_longer_than_its_lease_beside_another(
    parted: Parted, recording: City
) -> None:
    cost = parted.recorded.failover
    assert cost.moved
    assert 0 < cost.overlap_s <= LEASE_S, cost.moved
    assert cost.lost_elsewhere == 0, cost.stayed
    (lost,) = {one.nodes[0] for one in cost.moved}
    said = recording.stand.host(lost).check_output("journalctl --unit citycam-quorum-watch --output cat")
    assert f"others may record for this node: stopped {cost.moved[0].gateway}" in said


def test_who_spoke_to_the_manager_that_was_cut_off_is_not_taken_for_lost(parted: Parted) -> None:
    assert parted.after == parted.before, "the cameras were started anew"


def left_behind(host: Host) -> list[str]:
    """Files of ours outside of our folder, units that the service manager still knows, and the firewall's table."""
    files = host.check_output("find /etc/apt /etc/mod* /etc/ss* /etc/sys* /usr/local /var/lib/[ps]* -name '*citycam*'")
    units = host.check_output("systemctl list-units --all --plain --no-legend 'citycam-*'")
    rules = host.run("nft list table inet citycam").stdout
    return [*files.splitlines(), *units.splitlines(), *rules.splitlines()]


def test_destroyed_hosts_have_nothing_of_ours(parted: Parted, recording: City) -> None:
    assert parted.recorded.run.audit.is_dir()
    down = citycam("stack", "down", "--environment", str(recording.environment), "--volumes", timeout=600)
    assert down.code == 0, down.said
    ended = recording.hosts("destroy", "--yes")
    assert ended.code == 0, ended.said
    for node in NODES:
        host = recording.stand.host(node)
        assert not host.file(f"/var/lib/citycam/{recording.stand.name}").exists
        assert not host.service("docker").is_running
        assert not host.file("/etc/chrony/chrony.conf").exists
        assert left_behind(host) == []
