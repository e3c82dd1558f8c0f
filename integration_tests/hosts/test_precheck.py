"""Every bad host that precheck must know, really made, and all of them found in one pass."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from infra.hosts import run_hosts
from infra.precheck import Finding, findings
from integration_tests.lab.stand import standing

from .conftest import Site, environment_of

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]  # packages of two hosts come over the network

AHEAD = """
import time
_time = time.time
time.time = lambda: _time() + 600
"""
"""A Python whose clock is ten minutes fast: the host's own is the machine's."""

FAULTS = {
    "nowhere": "host",
    "silent": "host",
    "other-key": "key",
    "unknown-key": "key",
    "no-entrance": "key",
    "no-python": "python",
    "fast": "clock",
    "small": "disk",
    "short": "memory",
    "old-kernel": "kernel",
    "one-legged": "interface",
    "node-1": "port 8443/tcp",
    "site-1": "release",
}
"""Hosts of the inventory, and what is wrong with each. The camera site is in a Swarm of its own, too."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A lab of its own: nobody has deployed anything there, nor logged in with the right key."""
    with standing("bad", 1) as stand:
        yield Site(stand, environment_of(stand))


@pytest.fixture(scope="module")
def bad(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An inventory of bad hosts: the two of the lab, and others that are seen through the first."""
    stand, folder = site.stand, tmp_path_factory.mktemp("bad")
    node, cameras = stand.host("node-1"), stand.host("site-1")
    release = cameras.file("/etc/os-release").content_string
    # os-release is a link into /usr.
    cameras.check_output("sed -i s/VERSION_ID=.*/VERSION_ID=11/ /etc/os-release")
    cameras.check_output("apt-get update -q && apt-get install -qy --no-install-recommends docker.io iptables")
    cameras.check_output("docker swarm init --advertise-addr eth0")
    node.check_output("systemd-run --unit=stray python3 -m http.server 8443")
    node.check_output("mkdir -p /opt/fast")
    node.check_output("echo %s > /opt/fast/sitecustomize.py", AHEAD)
    node.check_output("printf '#!/bin/sh\\nPYTHONPATH=/opt/fast exec /usr/bin/python3 \"$@\"\\n' > /opt/fast/python3")
    node.check_output("chmod +x /opt/fast/python3")
    try:
        yield inventory(site, folder)
    finally:
        cameras.check_output("docker swarm leave --force")
        cameras.check_output("printf %%s %s > /etc/os-release", release)
        node.check_output("systemctl stop stray; rm -r /opt/fast")


def inventory(site: Site, folder: Path) -> Path:
    """The lab's inventory with the bad hosts in it."""
    yaml = YAML()
    tree: dict[str, Any] = yaml.load(site.stand.inventory.read_text(encoding="utf-8"))
    common = tree["all"]["vars"]
    address = tree["all"]["hosts"]["node-1"]["ansible_host"]
    known = (site.stand.lab.workspace.ssh / "known_hosts").read_text(encoding="utf-8").splitlines()
    # In the order of the hosts (infra/lab/files.py): the node's line, with the camera site's key.
    (folder / "swapped").write_text(
        f"{known[0].rsplit(maxsplit=1)[0]} {known[1].rsplit(maxsplit=1)[1]}\n", encoding="utf-8"
    )
    (folder / "empty").touch()
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)

    def ssh(file: str) -> str:
        return str(common["ansible_ssh_common_args"]).replace(
            str(site.stand.lab.workspace.ssh / "known_hosts"), str(folder / file)
        )

    tree["all"]["hosts"] |= {
        "nowhere": {"ansible_host": "nowhere.invalid"},
        "silent": {"ansible_host": address.rpartition(".")[0] + ".250"},
        "other-key": {"ansible_host": address, "ansible_ssh_common_args": ssh("swapped")},
        "unknown-key": {"ansible_host": address, "ansible_ssh_common_args": ssh("empty")},
        "no-entrance": {"ansible_host": address, "ansible_ssh_private_key_file": str(key)},
        "no-python": {"ansible_host": address, "ansible_python_interpreter": "/opt/none/python3"},
        "fast": {"ansible_host": address, "ansible_python_interpreter": "/opt/fast/python3"},
        "small": {"ansible_host": address, "precheck_disk": 10**15},
        "short": {"ansible_host": address, "precheck_memory": 10**13},
        "old-kernel": {
            "ansible_host": address,
            "precheck_features": {"overlay": "CONFIG_OVERLAY_FS", "warp": "CONFIG_WARP"},
        },
        "one-legged": {"ansible_host": address, "precheck_interfaces": ["eth0", "eth9"]},
    }
    groups = tree["all"]["children"]
    groups["workers"]["hosts"] |= {name: {} for name in FAULTS if name != "node-1"}
    path = folder / "hosts.yml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
    return path


@pytest.fixture(scope="module")
def found(site: Site, bad: Path) -> list[Finding]:
    result = run_hosts("precheck", site.environment, inventory=bad)
    assert (result.changed, result.failed) == (0, 0)
    return findings(result.data, [*FAULTS, "forgotten"])


@pytest.mark.parametrize(("host", "check"), FAULTS.items())
def test_each_bad_host_is_found_with_its_fault_and_a_fix(found: list[Finding], host: str, check: str) -> None:
    mine = [finding for finding in found if finding.host == host]
    assert check in {finding.check for finding in mine}, mine
    assert all(finding.fix for finding in mine)


def test_nothing_else_is_found(found: list[Finding]) -> None:
    wanted = {*FAULTS.items(), ("site-1", "swarm"), ("forgotten", "host")}
    assert {(finding.host, finding.check) for finding in found} == wanted


def test_the_words_say_which_of_the_keys_is_wrong(found: list[Finding]) -> None:
    said = {finding.host: finding.seen for finding in found if finding.check == "key"}
    assert "another host key" in said["other-key"]
    assert "not known" in said["unknown-key"]
    assert "refuses our key" in said["no-entrance"]
    [clock] = [finding.seen for finding in found if finding.check == "clock"]
    assert "10 minutes ahead" in clock
