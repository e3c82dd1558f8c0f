"""The nodes of an environment, as its Ansible inventory tells them: where they are, and how SSH gets there."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from citycam.model.environment import Environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.model.workspace import PROJECT


@dataclass(frozen=True)
class Node:
    """One node. `options` are those of `ssh`, in Ansible's own words."""

    name: str
    address: str
    user: str = "root"
    options: tuple[str, ...] = ()

    def ssh(self, *options: str) -> list[str]:
        """The command that logs in without asking anybody anything; what is to be run there goes behind it."""
        quiet = ("-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "LogLevel=ERROR")
        alive = ("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=6")
        return ["ssh", *quiet, *alive, *self.options, *options, "--", f"{self.user}@{self.address}"]


@dataclass(frozen=True)
class Roster:
    """Nodes by name, and names by group; both in the inventory's order."""

    nodes: Mapping[str, Node]
    groups: Mapping[str, tuple[str, ...]]

    @property
    def managers(self) -> list[Node]:
        """Those that manage the Swarm."""
        return [self.nodes[name] for name in self.groups.get("managers", ())]

    @property
    def addresses(self) -> dict[str, str]:
        """Management addresses by name."""
        return {name: node.address for name, node in self.nodes.items()}


def roster(environment: Environment, project: Path = PROJECT) -> Roster:
    """The nodes of an environment; none on one machine.

    Raises:
        ConfigError: the inventory lacks a node that the environment's pools name, or names no manager.
        EnvironmentFailure: there is no inventory, or Ansible cannot read it.
    """
    if environment.nodes is None:
        return Roster({}, {})
    path = project / environment.nodes.hosts
    found = read_roster(path)
    wanted = {name for pool in environment.nodes.pools.model_dump().values() for name in pool}
    missing = sorted(wanted - found.nodes.keys())
    if missing or not found.managers:
        raise ConfigError(
            f"the inventory does not fit the environment {environment.name}",
            where=str(path),
            why=f"no host {', '.join(missing)}" if missing else "no host in the group managers",
            next="name the hosts there, or correct the environment's pools",
        )
    return found


def read_roster(path: Path) -> Roster:
    """Read an Ansible inventory, with Ansible.

    Raises:
        EnvironmentFailure: there is none, or Ansible cannot read it.
    """
    if not path.is_file():
        raise EnvironmentFailure(
            "there is no inventory of hosts",
            where=str(path),
            next="write it, or make a lab: citycam lab up",
        )
    return _listed(path, path.stat().st_mtime_ns)


@lru_cache
def _listed(path: Path, _changed: int) -> Roster:
    """What Ansible makes of an inventory; it takes seconds to say so, and is asked again once the file has changed."""
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "--inventory", str(path), "--list"]
    variables = {**os.environ, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"), "ANSIBLE_INVENTORY_UNPARSED_FAILED": "1"}
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EnvironmentFailure("Ansible cannot read the inventory", where=str(path), why=done.stderr.strip()[-2000:])
    return parse(json.loads(done.stdout))


def parse(document: Mapping[str, Any]) -> Roster:
    """From what `ansible-inventory --list` prints."""
    variables: Mapping[str, Mapping[str, Any]] = document.get("_meta", {}).get("hostvars", {})
    groups = {name: tuple(group.get("hosts", ())) for name, group in document.items() if name != "_meta"}
    names = dict.fromkeys([*(name for hosts in groups.values() for name in hosts), *variables])
    return Roster({name: _node(name, variables.get(name, {})) for name in names}, groups)


def _node(name: str, variables: Mapping[str, Any]) -> Node:
    options: list[str] = []
    if "ansible_port" in variables:
        options += ["-p", str(variables["ansible_port"])]
    if "ansible_ssh_private_key_file" in variables:
        options += ["-i", str(Path(str(variables["ansible_ssh_private_key_file"])).expanduser())]
    for words in ("ansible_ssh_common_args", "ansible_ssh_extra_args"):
        options += shlex.split(str(variables.get(words, "")))
    address, user = str(variables.get("ansible_host", name)), str(variables.get("ansible_user", "root"))
    return Node(name, address, user, tuple(options))
