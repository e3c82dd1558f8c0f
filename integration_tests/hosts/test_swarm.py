"""Two nodes and a camera site on their way through the verbs, from bare to deployed and to bare again.

The tests of this module are one journey and run in order: each needs what those before it have left.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from citycam.inventory.roster import load_inventory
from citycam.model.environment import Environment, Nodes, Pools, load_environment
from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT, Workspace
from citycam.plan.plan import Plan, make_plan
from infra.hosts import deliver, host_variables, nobody, rotate_cameras, run_hosts
from infra.playbook import PlaybookResult
from integration_tests.lab.stand import Stand, standing
from integration_tests.waiting import wait_for

from .trial_gateway import ENDS, IDLES, RECORDS, image_of, push_image, runs_on, start

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1800)]

ROLES = ("pki", "container_engine", "swarm_node", "registry", "gateway_config", "quorum_watch")
"""Other roles are looked at in test_machines.py."""


@dataclass
class Journey:
    """The lab, its environment, and how the deployments went."""

    stand: Stand
    environment: Environment

    def run(
        self, verb: str, *nodes: str, tags: tuple[str, ...] = (), check: bool = False, **more: Any
    ) -> PlaybookResult:
        """Run a play of `playbooks/hosts`."""
        variables = {**({"citycam_nodes": list(nodes)} if nodes else {}), **more}
        return run_hosts(verb, self.environment, variables, tags=tags, check=check)

    @property
    def plan(self) -> Plan:
        """Two cameras on each gateway."""
        return make_plan(load_inventory(PROJECT / "inventories/smoke.csv")[:4], self.environment)

    def nodes(self) -> dict[str, str]:
        """What the Swarm's first manager says: node → state and availability."""
        listed = self.stand.host("node-1").check_output(
            "docker node ls --format '{{.Hostname}} {{.Status}} {{.Availability}}'"
        )
        return dict(line.split(" ", 1) for line in listed.splitlines())

    def labels(self, node: str) -> dict[str, str]:
        """Labels of a node."""
        found = self.stand.host("node-1").check_output("docker node inspect --format '{{json .Spec.Labels}}' %s", node)
        return dict(json.loads(found))

    def gateways_on(self, node: str) -> list[str]:
        """Gateways whose label a node has."""
        return sorted(key.removeprefix("citycam.gateway.") for key in self.labels(node) if ".gateway." in key)

    def at(self, gateway: str) -> list[str]:
        """Where a gateway runs."""
        return runs_on(self.stand, self.environment, gateway)


@pytest.fixture(scope="module")
def journey() -> Iterator[Journey]:
    with standing("swarm", 2) as stand:
        yield Journey(stand, environment_of(stand))


def environment_of(stand: Stand) -> Environment:
    """Two gateways on two nodes that are everything, and the camera site."""
    both, site = ["node-1", "node-2"], ["site-1"]
    pools = Pools(recording=both, edge=both, database=both, platform=["node-2"], fleet=site, load=site)
    nodes = Nodes(hosts=stand.inventory, registry="node-2:5000", camera_interface="eth1", pools=pools)
    lab = load_environment(PROJECT / "environments" / "lab-3.yaml")
    gateways = lab.gateways.model_copy(update={"count": 2})
    return lab.model_copy(update={"name": stand.name, "nodes": nodes, "gateways": gateways})


KEY = b"k" * 32

RUN = """
import json, pathlib, sys
from infra.playbook import run_playbook

def say(event):
    print(event.role, event.task, flush=True)

given = json.load(sys.stdin)
run_playbook("hosts/deploy.yml", given["play"], given["tags"], say, inventory=pathlib.Path(given["inventory"]))
"""


def test_a_deployment_that_is_killed_half_way_is_run_again_and_then_nothing_changes(journey: Journey) -> None:
    killed_after(journey, "swarm_node Managers join")
    assert (again := journey.run("deploy", tags=ROLES)).changed > 0
    assert again.failed == again.unreachable == 0
    checked, second = journey.run("deploy", tags=ROLES, check=True), journey.run("deploy", tags=ROLES)
    assert {host: counts.changed for host, counts in second.hosts.items()} == dict.fromkeys(second.hosts, 0)
    assert (checked.changed, checked.failed) == (0, 0)
    assert journey.nodes() == {"node-1": "Ready Active", "node-2": "Ready Active", "site-1": "Ready Active"}


def killed_after(journey: Journey, task: str) -> None:
    """Begin a deployment and kill all its processes, as a lost terminal or a power cut would, once a task has ended."""
    given = {
        "play": host_variables(journey.environment, nobody(journey.environment), b""),
        "tags": ROLES,
        "inventory": str(journey.stand.inventory),
    }
    with subprocess.Popen(
        [sys.executable, "-c", RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        seen = []
        for line in process.stdout:
            seen.append(line.strip())
            if line.strip() == task:
                break
        else:
            pytest.fail(f"the play ended before {task!r}; it did {seen}")
        ours = psutil.Process(process.pid)
        for each in (*ours.children(recursive=True), ours):
            each.kill()


def test_labels_say_who_may_run_what_and_homes_come_first(journey: Journey) -> None:
    assert journey.labels("node-1")["citycam.node"] == "node-1"
    pools = {key.removeprefix("citycam.pool.") for key in journey.labels("node-2") if ".pool." in key}
    assert pools == {"recording", "edge", "database", "platform"}
    assert (journey.gateways_on("node-1"), journey.gateways_on("node-2")) == (["gateway-1"], ["gateway-2"])
    assert journey.gateways_on("site-1") == []


def test_every_node_has_its_own_addresses_on_the_camera_lan(journey: Journey) -> None:
    name = f"citycam-{journey.environment.name}-camera-lan-addresses"
    found = {}
    for node in ("node-1", "node-2", "site-1"):
        text = journey.stand.host(node).check_output("docker network inspect %s", name)
        network = json.loads(text)[0]
        assert (network["ConfigOnly"], network["Options"]) == (True, {"parent": "eth1"})
        found[node] = network["IPAM"]["Config"][0]["IPRange"]
    assert found == {"node-1": "198.18.1.0/24", "node-2": "198.18.2.0/24", "site-1": "198.18.33.0/24"}


def test_gateways_have_files_at_home_and_standby_that_only_they_read(journey: Journey) -> None:
    for node in ("node-1", "node-2"):
        for gateway in journey.environment.gateway_names:
            path = Workspace.on_node(journey.environment.name).gateway_config(gateway) / "mediamtx.yml"
            file = journey.stand.host(node).file(str(path))
            assert (file.mode, file.uid) == (0o400, 10001)


def test_the_registry_speaks_tls_of_our_authority_and_nodes_trust_it(journey: Journey) -> None:
    host = journey.stand.host("node-1")
    authority = "/etc/docker/certs.d/node-2:5000/ca.crt"
    ask = (
        "import ssl, urllib.request as r; r.urlopen('https://node-2:5000/v2/', context=ssl.create_default_context({}))"
    )
    assert host.run("python3 -c %s", ask.format(f"cafile='{authority}'")).rc == 0
    assert "CERTIFICATE_VERIFY_FAILED" in host.run("python3 -c %s", ask.format("")).stderr


def test_gateways_start_at_home_and_recover_gives_them_standbys(journey: Journey) -> None:
    stand, environment = journey.stand, journey.environment
    assert deliver(environment, journey.plan, KEY).failed == 0
    image = push_image(stand, environment, RECORDS.replace("$WORDS", "first"))
    for gateway in environment.gateway_names:
        start(stand, environment, gateway, image)
    homes = {"gateway-1": ["node-1"], "gateway-2": ["node-2"]}
    wait_for(
        lambda: {gateway: journey.at(gateway) for gateway in homes}, lambda seen: seen == homes, "gateways at home"
    )
    assert journey.run("recover").failed == 0
    assert journey.gateways_on("node-1") == journey.gateways_on("node-2") == ["gateway-1", "gateway-2"]
    assert journey.run("recover").changed == 0


def test_cameras_with_new_passwords_are_recorded_with_them_from_now_on(journey: Journey) -> None:
    camera = journey.plan.gateways["gateway-1"][0]
    folder = Workspace.on_node(journey.environment.name)
    assert rotate_cameras(journey.environment, journey.plan, KEY, {camera: "brand-new"}).failed == 0
    for node in ("node-1", "node-2"):
        settings = journey.stand.host(node).file(str(folder.gateway_config("gateway-1") / "mediamtx.yml"))
        assert settings.content_string.count("brand-new") == 1
    found = journey.stand.host("node-1").check_output("ls %s", str(folder.recordings("gateway-1")))
    assert sorted(found.split()) == sorted(journey.plan.gateways["gateway-1"])
    assert deliver(journey.environment, journey.plan, KEY).changed == 0


def test_a_drained_node_gives_its_gateways_to_standbys_and_takes_them_back(journey: Journey) -> None:
    journey.run("drain", "node-2")
    assert journey.nodes()["node-2"] == "Ready Drain"
    wait_for(lambda: journey.at("gateway-2"), lambda seen: seen == ["node-1"], "gateway-2 at its standby")
    journey.run("add-node", "node-2", tags=("swarm_node",))
    assert journey.nodes()["node-2"] == "Ready Active"
    assert journey.at("gateway-2") == ["node-1"]  # a node that returns changes nothing
    journey.run("recover")
    assert (journey.at("gateway-1"), journey.at("gateway-2")) == (["node-1"], ["node-2"])


def test_a_manager_whose_engine_stopped_is_locked_until_it_gets_the_key_that_was_kept(journey: Journey) -> None:
    key = Workspace.of(journey.environment.name).root / "swarm-unlock-key"
    assert (key.stat().st_mode & 0o777, key.read_text()[:7]) == (0o600, "SWMKEY-")
    host = journey.stand.host("node-1")
    host.check_output("systemctl restart docker")
    state = "docker info --format '{{.Swarm.LocalNodeState}}'"
    assert host.check_output(state) == "locked"
    journey.run("recover")
    assert host.check_output(state) == "active"


def test_gateways_are_upgraded_one_after_another_where_they_are(journey: Journey) -> None:
    image = push_image(journey.stand, journey.environment, RECORDS.replace("$WORDS", "second"))
    result = journey.run("upgrade", upgrade_image=image)
    assert result.failed == 0
    assert sorted(result.data["gaps"]) == ["gateway-1", "gateway-2"]
    assert all(0 < gap["seconds"] <= 20 for gap in result.data["gaps"].values()), result.data
    assert [image_of(journey.stand, journey.environment, name) for name in ("gateway-1", "gateway-2")] == [image] * 2
    assert (journey.at("gateway-1"), journey.at("gateway-2")) == (["node-1"], ["node-2"])
    assert journey.gateways_on("node-1") == ["gateway-1", "gateway-2"]
    assert journey.run("upgrade", upgrade_image=image).hosts["gateway-1"].changed == 0


@pytest.mark.parametrize(
    ("script", "says"),
    [(IDLES, "Every camera is recorded again: 1 of 1 cameras are not recorded"), (ENDS, "New container")],
)
def test_an_upgrade_stops_at_the_first_gate_that_breaks_and_takes_that_gateway_back(
    journey: Journey, script: str, says: str
) -> None:
    before = image_of(journey.stand, journey.environment, "gateway-1")
    bad = push_image(journey.stand, journey.environment, script)
    with pytest.raises(EnvironmentFailure) as broken:
        journey.run("upgrade", upgrade_image=bad, gateway_upgrade_within=8)
    why = " ".join(broken.value.why.split())
    assert f"gateway-1: {says}" in why
    images = [image_of(journey.stand, journey.environment, name) for name in ("gateway-1", "gateway-2")]
    assert images == [before, before], why
    assert journey.gateways_on("node-2") == ["gateway-1", "gateway-2"]


def test_a_gateway_that_cannot_be_taken_back_is_named_and_all_have_their_standbys(journey: Journey) -> None:
    ends = str(Workspace.on_node(journey.environment.name).gateway_config("gateway-1") / "ends")
    nodes = [journey.stand.host(node) for node in ("node-1", "node-2")]
    for node in nodes:
        node.check_output("touch %s", ends)
    bad = push_image(journey.stand, journey.environment, ENDS)
    with pytest.raises(EnvironmentFailure) as broken:
        journey.run("upgrade", upgrade_image=bad)
    why = " ".join(broken.value.why.split())
    assert "It does NOT record with its old image again: New container" in why
    assert f"`docker service ps --no-trunc {journey.environment.service_name('gateway-1')}`" in why
    assert journey.gateways_on("node-1") == journey.gateways_on("node-2") == ["gateway-1", "gateway-2"], why
    for node in nodes:
        node.check_output("rm %s", ends)
    wait_for(lambda: journey.at("gateway-1"), bool, "gateway-1 that starts again")
    journey.run("recover")
    assert (journey.at("gateway-1"), journey.at("gateway-2")) == (["node-1"], ["node-2"])


def test_the_operators_check_breaks_an_upgrade_too(journey: Journey) -> None:
    image = push_image(journey.stand, journey.environment, RECORDS.replace("$WORDS", "third"))
    with pytest.raises(EnvironmentFailure, match=r"upgrade\.yml failed") as broken:
        journey.run("upgrade", upgrade_image=image, gateway_upgrade_check=["/bin/false"])
    assert "The operator's check" in broken.value.why


def test_a_node_is_removed_and_taken_in_again(journey: Journey) -> None:
    journey.run("remove-node", "site-1")
    assert sorted(journey.nodes()) == ["node-1", "node-2"]
    assert journey.stand.host("site-1").check_output("docker info --format '{{.Swarm.LocalNodeState}}'") == "inactive"
    assert journey.run("add-node", "site-1", tags=("swarm_node",)).failed == 0
    assert journey.nodes()["site-1"] == "Ready Active"


def test_the_last_manager_the_registry_and_the_database_are_not_let_go(journey: Journey) -> None:
    with pytest.raises(EnvironmentFailure) as refused:
        journey.run("remove-node", "node-1", "node-2")
    why = " ".join(refused.value.why.split())
    for cause in ("No manager would be left", "node-2 has the registry", "node-1 is a member of the database"):
        assert cause in why
    assert (journey.nodes()["node-1"], journey.nodes()["node-2"]) == ("Ready Active", "Ready Active")


def test_a_host_that_is_dead_is_removed(journey: Journey) -> None:
    journey.stand.lab.kill(["site-1"])
    wait_for(lambda: journey.nodes()["site-1"], lambda seen: seen == "Down Active", "site-1 is missed", 60)
    assert journey.run("remove-node", "site-1").failed == 0
    assert sorted(journey.nodes()) == ["node-1", "node-2"]


def test_a_host_of_another_swarm_is_left_as_it_is(journey: Journey) -> None:
    journey.stand.lab.start(["site-1"])
    host = journey.stand.host("site-1")
    host.run("docker swarm leave --force")  # it was dead when it was removed, and does not know of it
    host.check_output("docker swarm init --advertise-addr eth0")
    with pytest.raises(EnvironmentFailure) as refused:
        journey.run("deploy", tags=("swarm_node",))
    assert "site-1 is a manager of another Swarm" in " ".join(refused.value.why.split())
    assert host.check_output("docker info --format '{{.Swarm.LocalNodeState}}'") == "active"
    host.check_output("docker swarm leave --force")


def test_destroy_leaves_nothing_of_ours(journey: Journey) -> None:
    journey.run("destroy")
    for node in ("node-1", "node-2", "site-1"):
        host = journey.stand.host(node)
        docker = host.service("docker")
        assert not docker.is_running
        assert not docker.is_enabled
        assert not host.file(f"/var/lib/citycam/{journey.environment.name}").exists
        for path in ("/etc/docker/daemon.json", "/etc/docker/certs.d/node-2:5000", "/etc/nftables.conf"):
            assert not host.file(path).exists, path
    assert not (Workspace.of(journey.environment.name).root / "swarm-unlock-key").exists()
