"""The role `gateway_upgrade` with Ansible and the real module, on this machine with a Docker that is a script."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from citycam.model.workspace import PROJECT
from infra.playbook import PlaybookResult, run_playbook

DOCKER = """#!{python}
# Says what a service runs, exchanges its image, and records as the image would: those in `records` a segment since.
import datetime as d, json, pathlib, sys, time
root = pathlib.Path({root!r})
state = json.loads((root / "state").read_text())
match sys.argv[1:]:
    case ["service", "inspect", service]:
        image = state["images"][service]
        print(json.dumps([{{"Spec": {{"TaskTemplate": {{"ContainerSpec": {{"Image": image}}}}}}}}]))
    case ["service", "update", *options, service]:
        image = next(o.removeprefix("--image=") for o in options if o.startswith("--image="))
        state["images"][service], state["began"] = image, time.time()
        (root / "state").write_text(json.dumps(state))
        if image not in state["starts"]:
            sys.exit("its container ends")
        if image in state["records"]:
            folder = root / service / "CAM-1"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / d.datetime.now(d.UTC).strftime("%Y-%m-%d_%H-%M-%S-%f.mp4")).write_text("x")
    case ["ps", *_]:
        print("container" if state["began"] else "")
    case ["inspect", *_]:
        print(d.datetime.fromtimestamp(state["began"], d.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f789Z"))
"""
PLAY = """
- hosts: gateways
  serial: 1
  gather_facts: false
  roles:
    - role: gateway_upgrade
      vars:
        gateway_upgrade_name: "{{ inventory_hostname }}"
        gateway_upgrade_service: "{{ inventory_hostname }}"
        gateway_upgrade_image: new
        gateway_upgrade_manager: here
        gateway_upgrade_node: "{{ node | default('here') }}"
        gateway_upgrade_config: "{{ root }}/config"
        gateway_upgrade_recordings: "{{ root }}/{{ inventory_hostname }}"
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.set_stats:
        data:
          broken: "{{ gateway_upgrade_broken | default('') }}"
          end: "{{ gateway_upgrade_end | default('') }}"
"""
INVENTORY = """
all:
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  children:
    gateways:
      hosts: {gateway-1: {ansible_connection: local}, gateway-2: {ansible_connection: local}}
  hosts:
    here: {ansible_connection: local}
    nowhere: {ansible_host: 127.0.0.1, ansible_port: 9, ansible_ssh_common_args: -F /dev/null}
"""


@dataclass
class Trial:
    """Two gateways, `gateway-1` and `gateway-2`, with one camera each."""

    root: Path

    def upgrade(self, *, starts: str = "old new", records: str = "old new", **variables: Any) -> PlaybookResult:
        """Exchange `old` for `new`; which of them start, and which record."""
        images = {"gateway-1": "old", "gateway-2": "old"}
        state = {"images": images, "starts": starts.split(), "records": records.split(), "began": 0}
        (self.root / "state").write_text(json.dumps(state))
        given = {"root": str(self.root), "gateway_upgrade_within": 1, **variables}
        return run_playbook("trial.yml", given, project=self.root, inventory=self.root / "hosts.yml")

    @property
    def images(self) -> list[str]:
        """What the gateways run in the end."""
        return list(json.loads((self.root / "state").read_text())["images"].values())


def before(recordings: Path, ago: float) -> None:
    """A segment of CAM-1 that was last written so many seconds ago, or (0) is just being written."""
    (recordings / "CAM-1").mkdir(parents=True)
    segment = recordings / "CAM-1" / "2026-03-01_08-00-00-000000.mp4"
    segment.write_text("x")
    moment = time.time() - ago + (3600 if ago == 0 else 0)
    os.utime(segment, (moment, moment))


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    programs, config = tmp_path / "bin", tmp_path / "config"
    for folder in (programs, config, tmp_path / "playbooks"):
        folder.mkdir()
    (programs / "docker").write_text(DOCKER.format(python=sys.executable, root=str(tmp_path)))
    (programs / "docker").chmod(0o755)
    (config / "cameras.json").write_text('["CAM-1"]')
    (tmp_path / "playbooks" / "trial.yml").write_text(PLAY)
    (tmp_path / "hosts.yml").write_text(INVENTORY)
    for kind in ("roles", "library"):
        (tmp_path / "playbooks" / kind).symlink_to(PROJECT / "playbooks" / kind)
    (tmp_path / "ansible.cfg").write_text((PROJECT / "ansible.cfg").read_text())
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    return Trial(tmp_path)


def test_gateways_are_exchanged_one_after_another_and_what_they_missed_is_told(trial: Trial) -> None:
    before(trial.root / "gateway-1", 0.0)
    found = trial.upgrade().data
    assert (found["broken"], found["end"]) == ("", "")
    assert trial.images == ["new", "new"]
    assert found["gaps"] == {"gateway-1": {"seconds": 0.0, "camera": "CAM-1"}, "gateway-2": None}


@pytest.mark.parametrize(
    ("starts", "records", "check", "why"),
    [
        ("old new", "old", "true", "Every camera is recorded again: 1 of 1 cameras are not recorded 1 s later: CAM-1"),
        ("old new", "old new", "false", "The operator's check"),
    ],
)
def test_what_breaks_takes_that_gateway_back_and_stops_the_others(
    trial: Trial, starts: str, records: str, check: str, why: str
) -> None:
    found = trial.upgrade(starts=starts, records=records, gateway_upgrade_check=shlex.split(check)).data
    assert f"gateway-1: {why}" in " ".join(found["broken"].split())
    assert found["end"].startswith("It has its old image again")
    assert trial.images == ["old", "old"]


def test_a_gap_that_is_too_long_takes_a_gateway_back(trial: Trial) -> None:
    before(trial.root / "gateway-1", 60.0)
    found = trial.upgrade(gateway_upgrade_within=30).data
    assert found["broken"].startswith("gateway-1: Every camera is recorded again: ")
    assert "s of CAM-1 are not recorded, 30 s may be" in found["broken"]
    assert re.fullmatch(r"It has its old image again; [0-9.]+ s of CAM-1 are not recorded", found["end"].strip())
    assert trial.images == ["old", "old"]


def test_a_way_back_that_fails_too_is_told_and_the_playbook_goes_on(trial: Trial) -> None:
    found = trial.upgrade(starts="").data
    assert found["broken"].startswith("gateway-1: New container")
    assert "NOT record with its old image again: New container" in found["end"]
    assert "`docker service ps --no-trunc gateway-1` on here" in found["end"]


@pytest.mark.parametrize(
    ("lost", "where"), [("node", "Manager and node answered"), ("gateway_upgrade_manager", "The manager answers")]
)
def test_a_host_that_is_lost_breaks_the_upgrade_and_not_the_playbook(trial: Trial, lost: str, where: str) -> None:
    found = trial.upgrade(**{lost: "nowhere"}).data
    assert found["broken"].startswith(f"gateway-1: {where}: ")
    assert "refused" in found["broken"]
    assert ("NOT record" in found["end"]) == (lost == "node")  # without a manager nothing was exchanged
    assert trial.images == ["old", "old"]
