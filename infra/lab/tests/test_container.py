from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from infra.lab.container import admin_network, camera_network, container, network
from infra.lab.layout import lay_out

NODE = container("demo", "node-1", lay_out(1), "image", IPv4Address("100.127.0.10"))


def test_everything_carries_the_label_of_its_lab() -> None:
    assert NODE["Labels"] == {
        "citycam.lab": "demo",
        "citycam.lab.host": "node-1",
        "citycam.lab.groups": "managers,recording,edge,database,platform",
    }
    for mount in NODE["HostConfig"]["Mounts"]:
        assert mount["VolumeOptions"]["Labels"] == {"citycam.lab": "demo"}
    assert network("n", "demo", IPv4Network("100.127.0.0/24"), outside=True)["Labels"] == {"citycam.lab": "demo"}


def test_a_host_has_disks_of_its_own() -> None:
    other = container("demo", "site-1", lay_out(1), "image", IPv4Address("100.127.0.11"))
    disks = {mount["Source"]: mount["Target"] for mount in NODE["HostConfig"]["Mounts"]}
    assert disks == {
        "citycam-lab-demo-node-1-docker": "/var/lib/docker",
        "citycam-lab-demo-node-1-data": "/var/lib/citycam",
    }
    assert not disks.keys() & {mount["Source"] for mount in other["HostConfig"]["Mounts"]}


def test_a_host_cannot_touch_the_real_machines_clock_limits_modules_and_settings() -> None:
    assert set(NODE["HostConfig"]["CapDrop"]) == {"SYS_RESOURCE", "SYS_TIME", "SYS_MODULE"}
    assert "Privileged" not in NODE["HostConfig"]
    assert {"/proc/sys/kernel", "/proc/sys/vm", "/proc/sys/fs"} <= set(NODE["HostConfig"]["ReadonlyPaths"])
    assert "/proc/sys" not in NODE["HostConfig"]["ReadonlyPaths"]


def test_the_default_route_is_that_of_the_admin_bridge() -> None:
    assert admin_network("demo") < camera_network("demo")
    assert NODE["HostConfig"]["NetworkMode"] == admin_network("demo")


def test_the_camera_bridge_leads_nowhere() -> None:
    inside = network("n", "demo", IPv4Network("100.127.1.0/24"), outside=False)["Options"]
    assert set(inside.values()) == {"true", "false"}
    assert inside["com.docker.network.bridge.enable_ip_masquerade"] == "false"
    assert inside["com.docker.network.bridge.inhibit_ipv4"] == "true"
    assert network("n", "demo", IPv4Network("100.127.0.0/24"), outside=True)["Options"] == {}
