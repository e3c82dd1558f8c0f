"""What plays of hosts/ know (group_vars), as Ansible makes it of an inventory."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from citycam.model.workspace import PROJECT
from infra.playbook import run_playbook

PLAY = """
- name: Hosts
  hosts: all
  gather_facts: false
  tasks:
    - name: Say it
      ansible.builtin.set_stats:
        aggregate: true
        data:
          paths: "{{ {inventory_hostname: precheck_paths} }}"
"""


def test_the_disk_that_is_judged_is_the_one_that_the_engine_will_use(tmp_path: Path) -> None:
    folder = tmp_path / "playbooks"
    shutil.copytree(PROJECT / "playbooks/hosts/group_vars", folder / "group_vars")
    (folder / "say.yml").write_text(PLAY, encoding="utf-8")
    shutil.copy(PROJECT / "ansible.cfg", tmp_path)
    hosts = {"node-1": {}, "node-2": {"container_engine_data_root": "/srv/docker"}}
    inventory = tmp_path / "hosts.json"
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}), encoding="utf-8")
    said = run_playbook("say.yml", project=tmp_path, inventory=inventory).data["paths"]
    assert said == {
        "node-1": ["/var/lib/docker", "/var/lib/citycam"],
        "node-2": ["/srv/docker", "/var/lib/citycam"],
    }
