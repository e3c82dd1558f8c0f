"""The city's time servers, which an operator names in the inventory, reach the host that gives the time."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from citycam.model.workspace import PROJECT
from infra.hosts import host_variables, nobody
from infra.playbook import run_playbook
from infra.tests.mocked import lab

pytestmark = pytest.mark.docker  # needs no engine, but seconds

ROLES = PROJECT / "playbooks" / "roles"
SERVERS = ["ntp-1.city.example", "198.51.100.123"]
PLAY = [
    {
        "name": "Settings of chrony, and nothing else of the role",
        "hosts": "managers:workers",
        "gather_facts": False,
        "roles": [{"role": "time_sync", "tags": ["never"]}],
        "tasks": [
            {
                "name": "Settings of chrony",
                "ansible.builtin.template": {
                    "src": str(ROLES / "time_sync/templates/chrony.conf.j2"),
                    "dest": "{{ playbook_dir }}/{{ inventory_hostname }}.conf",
                    "mode": "0644",
                },
                "vars": {"host_facts_container": False},
            }
        ],
    }
]


def settings(folder: Path, **named: object) -> dict[str, list[str]]:
    """Whom each host follows, told as the verbs tell it: by inventory, group_vars and variables of the environment."""
    hosts = folder / "playbooks" / "hosts"
    hosts.mkdir(parents=True)
    shutil.copytree(PROJECT / "playbooks/hosts/group_vars", hosts / "group_vars")
    (folder / "ansible.cfg").write_text(f"[defaults]\nroles_path = {ROLES}\nhome = {folder}/.ansible\n")
    YAML().dump(PLAY, hosts / "time.yml")
    names = {f"node-{number}": {"ansible_host": f"192.0.2.{number}"} for number in (1, 5)}
    local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {"managers": "node-1", "workers": "node-5", "platform": "node-5"}
    inventory = {
        "all": {
            "vars": {**local, **named},
            "hosts": names,
            "children": {group: {"hosts": {name: {}}} for group, name in groups.items()},
        }
    }
    YAML().dump(inventory, folder / "hosts.yml")
    variables = host_variables(lab(), nobody(lab()), b"", folder)
    run_playbook("hosts/time.yml", variables, inventory=folder / "hosts.yml", project=folder)
    files = {name: (hosts / f"{name}.conf").read_text(encoding="utf-8") for name in names}
    return {name: [line for line in text.splitlines() if line.startswith("server ")] for name, text in files.items()}


def test_the_source_follows_the_servers_of_the_inventory_and_all_others_follow_the_source(tmp_path: Path) -> None:
    assert settings(tmp_path, time_sync_upstream=SERVERS) == {
        "node-5": [f"server {server} iburst" for server in SERVERS],
        "node-1": ["server 192.0.2.5 iburst minpoll 4 maxpoll 4"],
    }
