"""Who is fenced and who is promoted, by Ansible itself, with members that are files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from citycam.model.workspace import PROJECT

pytestmark = pytest.mark.docker  # needs no engine, but seconds

ENGINE = """#!/bin/sh
cd {folder} || exit
echo "$*" >> asked
member=${{4#citycam-test-}}
member=${{member%=?}}
case "$*" in
    ps*part=*) ls running | grep -x "${{4##*=}}" || true ;;
    *pg_is_in_recovery*) cat "role/$2" ;;
    *"promote check") [ ! -e lacks ] ;;
    *promote*) [ ! -e breaks ] || exit 1; echo f > "role/$2"; echo '{{"promoted": true}}' ;;
    *=0) [ -e stuck ] || rm -f "running/$member" ;;
    *=1) touch "running/$member"; [ ! -e database/rejoin ] || echo t > "role/$member" ;;
    *synchronous) [ "$(cat "role/$2")" = t ] ;;
esac
"""
PLAY = """
- hosts: database
  gather_facts: false
  vars:
    database_members_environment: test
    database_members_folder: {folder}
    database_members_nodes: {nodes}
    database_members_manager: manager
    database_members_uid: {uid}
    database_members_settle: 3
  environment: {{PATH: "{folder}/bin:{{{{ lookup('ansible.builtin.env', 'PATH') }}}}"}}
  tasks:
    - name: Promote
      ansible.builtin.import_role:
        name: database_members
        tasks_from: promote
"""
LOCAL = "ansible_connection=local ansible_python_interpreter={{ansible_playbook_python}}"
FENCED = ["exec database-2 promote check", "service scale --detach citycam-test-database-1=0"]
DEAD = "ansible_host=127.0.0.1 ansible_port=1"


@dataclass(frozen=True)
class Members:
    """Members by what they say of themselves, `t` as a replica and `f` as a primary; those that run."""

    folder: Path

    def tell(self, **roles: str) -> None:
        for member, role in roles.items():
            (self.folder / "role" / member.replace("_", "-")).write_text(f"{role}\n", encoding="ascii")
            (self.folder / "running" / member.replace("_", "-")).touch()

    @property
    def roles(self) -> dict[str, str]:
        """What those say that run."""
        return {each.name: (self.folder / "role" / each.name).read_text().strip() for each in self._running}

    @property
    def _running(self) -> list[Path]:
        return sorted((self.folder / "running").iterdir())

    @property
    def done(self) -> list[str]:
        """What was done to members and services, in order."""
        asked = (self.folder / "asked").read_text(encoding="utf-8").splitlines()
        return [line for line in asked if line.startswith("service") or " promote " in line]

    def promote(self, *options: str, nodes: int = 2, second: str = LOCAL) -> tuple[int, str]:
        """Run the role; exit code and what it said."""
        hosts = [f"node-1 {LOCAL}", f"node-2 {second}"][:nodes]
        hosts_file = self.folder / "hosts.ini"
        hosts_file.write_text("\n".join([f"manager {LOCAL}", "[database]", *hosts, ""]), encoding="utf-8")
        (self.folder / "play.yml").write_text(
            PLAY.format(folder=self.folder, nodes=json.dumps([f"node-{n + 1}" for n in range(nodes)]), uid=os.getuid()),
            encoding="utf-8",
        )
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", hosts_file, self.folder / "play.yml", *options],
            cwd=PROJECT,
            env={**os.environ, "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def members(tmp_path: Path) -> Members:
    """`database-1` is the primary and `database-2` its replica."""
    for folder in ("bin", "role", "running", "database"):
        (tmp_path / folder).mkdir()
    engine = tmp_path / "bin" / "docker"
    engine.write_text(ENGINE.format(folder=tmp_path), encoding="utf-8")
    engine.chmod(0o755)
    made = Members(tmp_path)
    made.tell(database_1="f", database_2="t")
    return made


def test_the_primary_is_fenced_before_its_replica_is_promoted_and_comes_back_as_a_replica(members: Members) -> None:
    code, said = members.promote()
    assert code == 0, said
    assert members.done == [
        *FENCED,
        "exec database-2 promote safely",
        "service scale --detach citycam-test-database-1=1",
    ]
    assert members.roles == {"database-1": "t", "database-2": "f"}


def test_a_replica_that_lacks_commits_is_refused_and_nobody_is_fenced(members: Members) -> None:
    (members.folder / "lacks").touch()
    code, said = members.promote()
    assert code != 0, said
    assert members.done == ["exec database-2 promote check"]
    assert members.roles == {"database-1": "f", "database-2": "t"}


def test_a_primary_that_does_not_end_is_not_joined_by_another(members: Members) -> None:
    (members.folder / "stuck").touch()
    code, said = members.promote()
    assert code != 0, said
    assert members.done == FENCED
    assert members.roles == {"database-1": "f", "database-2": "t"}


def test_a_primary_keeps_what_it_has_until_the_other_was_promoted(members: Members) -> None:
    (members.folder / "breaks").touch()
    code, said = members.promote()
    assert code != 0, said
    assert members.done == [*FENCED, "exec database-2 promote safely"]
    assert not (members.folder / "database" / "rejoin").exists()
    (members.folder / "breaks").unlink()
    code, said = members.promote()
    assert code == 0, said
    assert members.roles == {"database-1": "t", "database-2": "f"}


def test_the_loss_may_be_accepted(members: Members) -> None:
    (members.folder / "lacks").touch()
    code, said = members.promote("-e", "database_accept_loss=true")
    assert code == 0, said
    assert members.done[1] == "exec database-2 promote accept-loss"
    assert members.roles == {"database-1": "t", "database-2": "f"}


def test_a_check_changes_nothing(members: Members) -> None:
    code, said = members.promote("--check")
    assert (code, members.done) == (0, []), said


def test_a_host_that_does_not_answer_stays_fenced(members: Members) -> None:
    members.tell(database_1="t", database_2="f")
    code, said = members.promote(second=DEAD)
    assert code == 0, said
    assert members.done == [
        "exec database-1 promote check",
        "service scale --detach citycam-test-database-2=0",
        "exec database-1 promote safely",
    ]
    assert members.roles == {"database-1": "f"}


def test_a_member_alone_takes_the_writes(members: Members) -> None:
    members.tell(database_1="t")
    code, said = members.promote(nodes=1)
    assert code == 0, said
    assert members.done == ["exec database-1 promote check", "exec database-1 promote safely"]
