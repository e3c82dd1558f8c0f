from __future__ import annotations

from pathlib import Path

import pytest

from citycam.model.environment import Environment
from citycam.model.errors import ConfigError, EnvironmentFailure
from infra.nodes import parse, read_roster, roster
from infra.tests.mocked import lab, local

HOSTS = """
all:
  vars:
    ansible_user: admin
    ansible_ssh_private_key_file: /keys/lab
    ansible_ssh_common_args: -o UserKnownHostsFile=/keys/known -o IdentitiesOnly=yes
  hosts:
    node-1: {ansible_host: 192.0.2.1}
    node-2: {ansible_host: 192.0.2.2, ansible_port: 2222}
  children:
    managers: {hosts: {node-2: {}, node-1: {}}}
    platform: {hosts: {node-2: {}}}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "hosts.yml"
    path.write_text(text, encoding="utf-8")
    return path


def at(path: Path) -> Environment:
    environment = lab()
    assert environment.nodes is not None
    return environment.model_copy(update={"nodes": environment.nodes.model_copy(update={"hosts": path})})


def test_an_inventory_tells_who_is_where_and_how_to_get_there(tmp_path: Path) -> None:
    found = read_roster(written(tmp_path, HOSTS))
    assert found.addresses == {"node-1": "192.0.2.1", "node-2": "192.0.2.2"}
    assert found.groups["platform"] == ("node-2",)
    assert {node.name for node in found.managers} == {"node-1", "node-2"}
    command = " ".join(found.nodes["node-2"].ssh("-N"))
    assert command.startswith("ssh -o BatchMode=yes ")
    assert command.endswith(
        "-p 2222 -i /keys/lab -o UserKnownHostsFile=/keys/known -o IdentitiesOnly=yes -N -- admin@192.0.2.2"
    )


def test_a_host_of_which_only_the_name_is_known_is_that_name() -> None:
    node = parse({"managers": {"hosts": ["city-1"]}, "_meta": {"hostvars": {}}}).nodes["city-1"]
    assert (node.address, node.user, node.options) == ("city-1", "root", ())


def test_an_environment_whose_nodes_are_not_in_the_inventory_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, HOSTS)
    with pytest.raises(ConfigError, match="no host node-3, node-4, node-5, site-1") as failure:
        roster(at(path))
    assert failure.value.where == str(path)
    names = [f"node-{number}" for number in range(1, 6)] + ["site-1"]
    hosts = "".join(f"    {name}: {{}}\n" for name in names)
    with pytest.raises(ConfigError, match="no host in the group managers"):
        roster(at(written(tmp_path, f"all:\n  hosts:\n{hosts}")))


def test_without_an_inventory_the_way_to_one_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="citycam lab up"):
        roster(at(tmp_path / "none.yml"))
    with pytest.raises(EnvironmentFailure, match="Ansible cannot read"):
        roster(at(written(tmp_path, "all: [")))


def test_one_machine_has_no_nodes() -> None:
    assert roster(local()).addresses == {}
