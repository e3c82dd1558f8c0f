"""Deploying begins with whose Swarm the hosts are in; what is seen of a host is given here, all else is the role's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure
from citycam.model.workspace import PROJECT
from infra.playbook import TaskEvent, run_playbook

PLAY = """
- name: Hosts
  hosts: all
  gather_facts: false
  tasks:
    - name: The Swarm is ours, or there is none
      ansible.builtin.import_role:
        name: precheck
        tasks_from: swarm
- name: Deploy
  hosts: all
  gather_facts: false
  tasks:
    - name: Begun
      ansible.builtin.debug:
"""
MODULE = """
import json
from ansible.module_utils.basic import AnsibleModule
arguments = {name: {"type": "raw"} for name in ("asked", "paths", "features", "ports")}
module = AnsibleModule(argument_spec=arguments, supports_check_mode=True)
with open(module.params["paths"][0]) as file:
    module.exit_json(changed=False, observation={"engine": json.load(file)})
"""
OURS = {
    "version": "20.10.24",
    "labels": ["citycam.environment=city"],
    "state": "active",
    "control": True,
    "cluster": "ours",
    "managers": ["10.0.0.1:2377"],
}
BARE = None


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose hosts are seen to be as they are said to be."""
    role = tmp_path / "playbooks/roles/precheck"
    shutil.copytree(PROJECT / "playbooks/roles/precheck", role)
    (role / "library/host_observation.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "playbooks/deploy.yml").write_text(PLAY, encoding="utf-8")
    shutil.copy(PROJECT / "ansible.cfg", tmp_path)
    return tmp_path


def deploy(project: Path, engines: dict[str, dict[str, Any] | None], begun: set[str]) -> None:
    """Add the hosts on which the deployment began. One that is called `gone` cannot be reached."""
    hosts: dict[str, dict[str, Any]] = {}
    for name, engine in engines.items():
        (project / name).write_text(json.dumps(engine), encoding="utf-8")
        way = {"ansible_connection": "local"} if name != "gone" else {"ansible_host": "127.0.0.1", "ansible_port": 1}
        hosts[name] = {**way, "precheck_paths": [str(project / name)]}
    variables = {"precheck_environment": "city", "precheck_managers": ["10.0.0.1", "10.0.0.2"]}
    inventory = project / "hosts.json"
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(json.dumps({"all": {"vars": python, "hosts": hosts}}), encoding="utf-8")

    def hear(event: TaskEvent) -> None:
        if event.task == "Begun":
            begun.add(event.host)

    run_playbook("deploy.yml", variables, on_event=hear, project=project, inventory=inventory)


def test_hosts_of_our_swarm_or_of_none_are_deployed_and_one_that_is_gone_stops_nobody(project: Path) -> None:
    resting = {**OURS, "state": "inactive", "labels": [], "managers": []}
    hosts = {"bare": BARE, "gone": BARE, "mute": {"error": "timed out"}, "ours": OURS, "resting": resting}
    begun: set[str] = set()
    deploy(project, hosts, begun)
    assert begun == set(hosts)


def test_a_host_of_another_swarm_is_told_and_nothing_is_begun_anywhere(project: Path) -> None:
    unlabelled, elsewhere = {**OURS, "labels": [], "control": False}, {**OURS, "managers": ["10.9.9.9:2377"]}
    begun: set[str] = set()
    with pytest.raises(EnvironmentFailure) as refused:
        deploy(project, {"bare": BARE, "ours": OURS, "theirs": unlabelled, "other": elsewhere}, begun)
    assert not begun
    told = " ".join(refused.value.why.split())
    assert "theirs is a worker of another Swarm than that of the environment city" in told
    assert "its engine is labelled with no environment" in told
    assert "other is a manager of another Swarm" in told
    assert "its managers are at 10.9.9.9:2377" in told
    assert "run `docker swarm leave --force` there" in told
