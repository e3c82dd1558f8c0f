"""A host of the lab as the engine sees it: a container that is a machine of its own, and harmless to the real one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from typing import Any

from infra.lab.layout import Layout

LAB = "citycam.lab"
"""Label on everything of a lab: its name."""
HOST = "citycam.lab.host"
"""Label on a host's container: the host."""
GROUPS = "citycam.lab.groups"
"""Label on a host's container: its groups, with commas."""

KEPT = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys/fs", "/proc/sys/kernel", "/proc/sys/vm", "/proc/sysrq-trigger")
"""What a host may read and not write: settings of the real machine's kernel. `/proc/sys/net` is its own."""
WITHHELD = ("SYS_RESOURCE", "SYS_TIME", "SYS_MODULE")
"""Capabilities that would reach the real machine: its limits, its clock, its modules."""
VOLUMES = {"docker": "/var/lib/docker", "data": "/var/lib/citycam"}
"""Disks of a host: an engine inside needs a file system that overlays can lie on, and data outlives images."""


def name_of(lab: str, thing: str) -> str:
    """What a host, network or volume of a lab is called in the engine: `citycam-lab-demo-node-1`."""
    return f"citycam-lab-{lab}-{thing}"


def admin_network(lab: str) -> str:
    """The bridge of eth0. Its name comes first in the alphabet: the engine takes the default route from there."""
    return name_of(lab, "admin")


def camera_network(lab: str) -> str:
    """The bridge of eth1."""
    return name_of(lab, "cameras")


def labels(lab: str) -> dict[str, str]:
    """Labels on everything of a lab."""
    return {LAB: lab}


def container(lab: str, host: str, layout: Layout, image: str, address: IPv4Address) -> dict[str, Any]:
    """Body of ContainerCreate: systemd as the first process, all capabilities but those withheld."""
    admin = admin_network(lab)
    return {
        "Image": image,
        "Hostname": host,
        "Labels": {**labels(lab), HOST: host, GROUPS: ",".join(layout.groups_of(host))},
        "HostConfig": {
            "CapAdd": ["ALL"],
            "CapDrop": list(WITHHELD),
            "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
            "MaskedPaths": [],
            "ReadonlyPaths": list(KEPT),
            # Groups of its own: an engine inside makes its below this host's, and a power cut ends them with it.
            "CgroupnsMode": "private",
            "NetworkMode": admin,
            # An engine makes what it executes from /run.
            "Tmpfs": {"/run": "exec,mode=755", "/run/lock": ""},
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": name_of(lab, f"{host}-{disk}"),
                    "Target": path,
                    "VolumeOptions": {"Labels": labels(lab), "NoCopy": True},
                }
                for disk, path in VOLUMES.items()
            ],
        },
        "NetworkingConfig": {"EndpointsConfig": {admin: {"IPAMConfig": {"IPv4Address": str(address)}}}},
    }


def network(name: str, lab: str, subnet: IPv4Network, *, outside: bool) -> dict[str, Any]:
    """Body of NetworkCreate: a bridge. One that leads nowhere `outside` has no address of the real machine either."""
    pool = {"Subnet": str(subnet)} | ({"Gateway": str(subnet[1])} if outside else {})
    options = {} if outside else {f"{_BRIDGE}.enable_ip_masquerade": "false", f"{_BRIDGE}.inhibit_ipv4": "true"}
    return {
        "Name": name,
        "CheckDuplicate": True,
        "Driver": "bridge",
        "Labels": labels(lab),
        "Options": options,
        "IPAM": {"Config": [pool]},
    }


_BRIDGE = "com.docker.network.bridge"
