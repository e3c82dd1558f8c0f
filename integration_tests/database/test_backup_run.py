"""What runs on the host of the backups, with a repository that is in use; what it does else is in playbooks/tests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

from citycam.model.workspace import PROJECT
from integration_tests.database.members import UID, Members
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker

TEMPLATE = PROJECT / "playbooks/roles/database_backup/templates/run.j2"


@dataclass(frozen=True)
class Program:
    """The program as Ansible leaves it on the host, and the metrics that it writes."""

    path: Path
    metrics: Path

    def call(self, word: str) -> bytes:
        """What it printed; it must end well."""
        done = subprocess.run([self.path, word], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode(errors="replace")[-2000:]
        return done.stdout

    def succeeded(self) -> dict[str, int]:
        """Unix time of the last success by kind."""
        found = re.findall(r'kind="(\w+)"} (\d+)$', self.metrics.read_text(encoding="ascii"), re.MULTILINE)
        return {kind: int(at) for kind, at in found}


@pytest.fixture(scope="module")
def program(members: Members) -> Program:
    """The program for the repository of the members."""
    made = Program(members.folder / "run", members.folder / "citycam-test-backup.prom")
    text = Environment(undefined=StrictUndefined, autoescape=False).from_string(TEMPLATE.read_text(encoding="utf-8"))
    made.path.write_text(
        text.render(
            ansible_managed="Made by a test",
            database_backup_environment=members.network.name,
            database_backup_name="citycam-test-backup",
            database_backup_folder=members.folder,
            database_backup_lock=members.folder / "lock",
            database_backup_metrics=members.folder,
        ),
        encoding="utf-8",
    )
    made.path.chmod(0o755)
    return made


def test_a_backup_and_its_proof_tell_when_they_went_well(members: Members, program: Program) -> None:
    members.execute("CREATE TABLE kept (number bigint PRIMARY KEY)", "INSERT INTO kept SELECT generate_series(1, 100)")
    before = int(time.time())
    program.call("full")
    program.call("verify")
    times = program.succeeded()
    assert before <= times["full"] <= times["verify"] <= time.time()


def test_a_copy_that_was_read_while_wal_came_can_be_proved_in_the_place_of_the_repository(
    members: Members, program: Program
) -> None:
    archive = members.folder / "backup" / "repository" / "archive"
    segments = len(list(archive.rglob("*.zst")))
    with subprocess.Popen([program.path, "copy"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
        assert reading.stdout is not None
        begun = os.read(reading.stdout.fileno(), 512)
        members.execute("INSERT INTO kept VALUES (101)")
        members.ask("database-1", "SELECT pg_switch_wal()")
        wait_for(lambda: len(list(archive.rglob("*.zst"))), lambda now: now > segments, "segment more in the archive")
        rest, said = reading.communicate(timeout=60)
        assert reading.returncode == 0, said
    copied = members.folder / "backup" / "copy"
    copied.mkdir()
    subprocess.run(["tar", "--extract", f"--directory={copied}"], input=begun + rest, check=True)
    assert {each.stat().st_uid for each in copied.iterdir()} == {UID}
    shutil.rmtree(members.folder / "backup" / "repository" / "backup")  # what is there cannot prove anything any more
    kept = Path(program.call("adopt").decode().strip())
    assert (kept / "repository" / "archive").is_dir()
    program.call("verify")
