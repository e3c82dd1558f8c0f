"""Hosts of a lab: bare, apart from the machine, mortal, and gone without a trace."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from citycam.model.errors import ConfigError, EnvironmentFailure
from infra.lab import container as spec
from infra.lab.lab import Lab
from infra.lab.machine import Machine
from infra.provider.engine import connect

from .stand import Stand


def ids(lab: str) -> dict[str, str]:
    """Containers of a lab by name."""
    found = connect().containers.list(all=True, filters={"label": f"{spec.LAB}={lab}"})
    return {str(each.name): str(each.id) for each in found}


def left(lab: str) -> list[str]:
    """Whatever the engine has of a lab."""
    client, chosen = connect(), {"label": f"{spec.LAB}={lab}"}
    networks = [str(each.name) for each in client.networks.list(filters=chosen)]
    return [*ids(lab), *networks, *(str(each.name) for each in client.volumes.list(filters=chosen))]


def test_a_host_is_a_bare_debian_that_runs(bare: Stand) -> None:
    host = bare.host("node-1")
    assert host.system_info.codename == "bookworm"
    assert host.check_output("hostname") == "node-1"
    assert host.check_output("systemctl is-system-running") == "running"
    assert host.service("ssh").is_running
    for package in ("docker.io", "chrony", "nftables"):
        assert not host.package(package).is_installed
    assert bare.states() == {"node-1": "running", "site-1": "running"}


def test_hosts_know_each_other_and_none_has_anothers_key(bare: Stand) -> None:
    node, site = bare.host("node-1"), bare.host("site-1")
    assert node.check_output("getent hosts site-1").split()[0] == site.addr("site-1").ipv4_addresses[0]
    keys = {host.file("/etc/ssh/ssh_host_ed25519_key.pub").content_string for host in (node, site)}
    assert len(keys) == 2


def test_ansible_takes_no_host_for_another(bare: Stand) -> None:
    known = bare.lab.workspace.ssh / "known_hosts"
    right = known.read_text(encoding="utf-8")
    node, site = (line.rsplit(maxsplit=1) for line in right.splitlines())
    known.write_text(f"{node[0]} {site[1]}\n", encoding="utf-8")
    try:
        with pytest.raises(EnvironmentFailure, match="node-1 did not come up") as caught:
            bare.lab.start(["node-1"], seconds=0)
    finally:
        known.write_text(right, encoding="utf-8")
    assert "Host key verification failed" in caught.value.why


def test_a_host_changes_nothing_of_the_machine(bare: Stand) -> None:
    host = bare.host("node-1")
    assert host.run("date --set=@1").rc != 0
    assert host.run("echo 11 > /proc/sys/vm/swappiness").rc != 0
    assert host.run("echo 4096 > /proc/sys/net/core/somaxconn").rc == 0


@pytest.fixture
def machine(bare: Stand) -> Iterator[tuple[str, int]]:
    """A port of this machine on the admin bridge."""
    network = connect().networks.get(spec.admin_network(bare.name))
    gateway = str(network.attrs["IPAM"]["Config"][0]["Gateway"])
    with closing(socket.create_server((gateway, 0))) as server:
        yield gateway, server.getsockname()[1]


CALL = "import socket; s = socket.socket(); s.settimeout(5); s.setsockopt(1, 25, b'{interface}'); s.connect({to!r})"
"""Connect through one interface (SO_BINDTODEVICE)."""


def test_the_camera_bridge_leads_nowhere(bare: Stand, machine: tuple[str, int]) -> None:
    host = bare.host("node-1")
    outside, cameras = (host.run("python3 -c %s", CALL.format(interface=eth, to=machine)) for eth in ("eth0", "eth1"))
    assert outside.rc == 0, outside.stderr
    assert cameras.rc != 0
    assert "OSError" in cameras.stderr or "TimeoutError" in cameras.stderr


def test_a_host_that_lost_power_returns_with_its_disks(bare: Stand) -> None:
    before = bare.host("node-1")
    for folder in ("/var/lib/citycam", "/etc", "/run"):
        before.check_output(f"echo kept > {folder}/note")
    identity = before.file("/etc/machine-id").content_string
    killed = bare.citycam("kill", "node-1")
    assert killed.code == 0, killed.said
    assert bare.states() == {"node-1": "exited", "site-1": "running"}
    assert bare.citycam("status").code == 4
    bare.lab.kill(["node-1"])  # dead already: no error
    with pytest.raises(EnvironmentFailure, match="node-1 cannot be cut off"):
        bare.lab.cut(["node-1"])
    started = bare.citycam("start", "node-1")
    assert started.code == 0, started.said
    after = bare.host("node-1")
    assert after.file("/var/lib/citycam/note").exists
    assert after.file("/etc/note").exists
    assert not after.file("/run/note").exists
    assert after.file("/etc/machine-id").content_string == identity
    assert bare.states() == {"node-1": "running", "site-1": "running"}


def test_a_host_that_is_cut_off_sees_its_cameras_and_returns_as_it_was(bare: Stand, machine: tuple[str, int]) -> None:
    node, site = bare.host("node-1"), bare.host("site-1")
    node.check_output("echo kept > /run/note")
    before = node.check_output("ip -brief address show; ip route")
    cameras = str(
        connect()
        .containers.get(spec.name_of(bare.name, "node-1"))
        .attrs["NetworkSettings"]["Networks"][spec.camera_network(bare.name)]["IPAddress"]
    )
    by = {"eth0": (bare.lab.status()[0].address, 22), "eth1": (cameras, 22)}

    def heard() -> dict[str, bool]:
        """Whether the site hears the node, by interface."""
        return {eth: site.run("python3 -c %s", CALL.format(interface=eth, to=to)).rc == 0 for eth, to in by.items()}

    assert heard() == {"eth0": True, "eth1": True}
    cut = bare.citycam("cut", "node-1")
    assert cut.code == 0, cut.said
    assert bare.states() == {"node-1": "cut off", "site-1": "running"}
    assert bare.citycam("status").code == 4
    assert heard() == {"eth0": False, "eth1": True}
    bare.lab.cut(["node-1"])  # cut off already: no error
    joined = bare.citycam("join", "node-1")
    assert joined.code == 0, joined.said
    after = bare.host("node-1")
    assert after.check_output("ip -brief address show; ip route") == before
    assert after.file("/run/note").exists
    assert after.run("python3 -c %s", CALL.format(interface="eth0", to=machine)).rc == 0
    assert heard() == {"eth0": True, "eth1": True}
    bare.lab.cut(["node-1"])
    bare.lab.up(1)
    assert bare.states() == {"node-1": "running", "site-1": "running"}


def test_a_lab_that_stands_is_left_as_it_is(bare: Stand) -> None:
    made, inventory = ids(bare.name), bare.inventory.read_text(encoding="utf-8")
    bare.lab.up(1)
    assert (ids(bare.name), bare.inventory.read_text(encoding="utf-8")) == (made, inventory)


def test_a_name_is_given_once(bare: Stand) -> None:
    with pytest.raises(EnvironmentFailure, match=f"the name {bare.name} is taken"):
        bare.lab.up(2)
    assert bare.states() == {"node-1": "running", "site-1": "running"}


def test_two_labs_stand_side_by_side_and_one_goes_alone(bare: Stand) -> None:
    before = bare.inventory.read_text(encoding="utf-8")
    other = Lab(f"{bare.name}-b")
    try:
        addresses = {host.address for host in other.up(1)}
        assert not addresses & {host.address for host in bare.lab.status()}
        # What a killed run leaves: a lab without some of its hosts, and without its files.
        connect().containers.get(spec.name_of(other.name, "site-1")).remove(force=True)
        other.workspace.hosts.unlink()
    finally:
        other.down()
    assert left(other.name) == []
    assert not other.workspace.root.exists()
    assert bare.inventory.read_text(encoding="utf-8") == before
    assert bare.states() == {"node-1": "running", "site-1": "running"}


def test_a_machine_that_is_too_small_gets_no_lab() -> None:
    lab = Lab("too-large")
    with pytest.raises(EnvironmentFailure, match="too small"):
        lab.up(1, machine=Machine(disk=0, memory=0, inotify=0))
    assert left("too-large") == []


def test_hosts_that_are_not_there_are_refused(bare: Stand) -> None:
    unknown = bare.citycam("kill", "node-7")
    assert (unknown.code, unknown.answer["error"]["why"]) == (2, "it has: node-1, site-1")
    with pytest.raises(ConfigError, match="lab nobody has no host"):
        Lab("nobody").start(["node-1"])
    assert Lab("nobody").status() == []
