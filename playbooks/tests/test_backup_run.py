"""What runs on the host of the backups, with an engine that only says what it was asked."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined

from integration_tests.waiting import wait_for

TEMPLATE = Path(__file__).parents[1] / "roles" / "database_backup" / "templates" / "run.j2"
ENGINE = """#!/bin/sh
echo "$*" >> "{folder}/asked"
case "$1" in
    ps) cat "{folder}/containers" ;;
    exec) exit "$(cat "{folder}/code")" ;;
esac
"""
WAL = "repository/archive/citycam/16-1/0000000100000000"
SEGMENT = f"{WAL}/000000010000000000000001-{'a' * 40}.zst"
BACKUP = "repository/backup/citycam/20260301-013000F"
LARGE = bytes(1 << 20)
"""More than a pipe holds: whoever writes it waits for whoever reads."""


@dataclass(frozen=True)
class Host:
    """A host of the repository, as far as the program sees it."""

    folder: Path
    run: Path

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics" / "citycam-test-backup.prom"

    @property
    def asked(self) -> list[str]:
        """What the engine was asked to do."""
        asked = self.folder / "asked"
        return asked.read_text(encoding="utf-8").splitlines() if asked.exists() else []

    def say(self, what: str, text: str) -> None:
        """Have the engine answer so."""
        (self.folder / what).write_text(text, encoding="utf-8")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.Popen(
            [self.run, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PATH": path}
        )

    def call(self, *words: str) -> tuple[int, bytes, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err.decode()

    def times(self) -> dict[str, int]:
        """Unix time of the last success by kind, as the node exporter reads it."""
        text = self.metrics.read_text(encoding="utf-8")
        found = re.findall(
            r'^citycam_backup_success_time_seconds\{environment="test",kind="(\w+)"\} (\d+)$', text, re.MULTILINE
        )
        assert len(text.splitlines()) == 2 + len(found), text
        assert len({kind for kind, _ in found}) == len(found), text
        return {kind: int(at) for kind, at in found}


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host whose service `backup` runs, and whose every backup goes well."""
    made = Host(tmp_path, tmp_path / "run")
    text = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    made.run.write_text(
        text.render(
            ansible_managed="Made by a test",
            database_backup_environment="test",
            database_backup_name="citycam-test-backup",
            database_backup_folder=tmp_path,
            database_backup_lock=made.lock,
            database_backup_metrics=made.metrics.parent,
        ),
        encoding="utf-8",
    )
    engine = tmp_path / "bin" / "docker"
    for folder in (engine.parent, made.backup, made.metrics.parent):
        folder.mkdir()
    engine.write_text(ENGINE.format(folder=tmp_path), encoding="utf-8")
    for program in (made.run, engine):
        program.chmod(0o755)
    made.say("containers", "c0ffee\n")
    made.say("code", "0")
    fill(made.backup)
    return made


def fill(folder: Path, word: str = "") -> None:
    """A repository with a backup and a segment, and the manifest of the backup."""
    for name in (SEGMENT, f"{BACKUP}/bundle/1", "manifests/citycam-1.json"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{word}{name}", encoding="utf-8")


def content(folder: Path) -> dict[str, bytes]:
    """Files by their paths."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(tar: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(tar)) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}  # type: ignore[union-attr]


def test_a_success_is_told_with_its_time_beside_those_of_other_kinds(host: Host) -> None:
    before = int(time.time())
    assert host.call("full")[0] == 0
    full = host.times()["full"]
    assert host.call("verify")[0] == 0
    assert host.times()["full"] == full
    assert before <= full <= host.times()["verify"] <= time.time()
    assert host.metrics.stat().st_mode & 0o777 == 0o644
    assert [line for line in host.asked if line.startswith("exec")] == ["exec c0ffee backup full", "exec c0ffee verify"]


def test_a_failure_leaves_the_time_of_the_last_success_or_none(host: Host) -> None:
    assert host.call("incr")[0] == 0
    succeeded = host.times()["incr"]
    host.say("code", "7")
    assert (host.call("incr")[0], host.call("verify")[0]) == (7, 7)
    assert host.times() == {"incr": succeeded, "verify": 0}


def test_a_host_without_the_service_says_so_and_tells_nothing(host: Host) -> None:
    host.say("containers", "")
    code, _, said = host.call("full")
    assert (code, "the service backup does not run on this host" in said) == (4, True)
    assert not host.metrics.exists()


def test_a_host_without_a_node_exporter_is_backed_up_too(host: Host) -> None:
    host.metrics.parent.rmdir()
    assert host.call("full")[0] == 0


def test_an_unknown_word_is_refused_before_anything_else(host: Host) -> None:
    assert host.call("fully")[0] == 2
    assert host.call()[0] == 2
    assert (host.asked, host.lock.exists()) == ([], False)


@pytest.mark.parametrize("word", ["full", "copy"])
def test_one_waits_for_the_other(host: Host, word: str) -> None:
    with host.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = host.start(word)
        inode = f":{host.lock.stat().st_ino} "
        wait_for(
            lambda: [line for line in Path("/proc/locks").read_text(encoding="ascii").splitlines() if inode in line],
            lambda lines: any("->" in line for line in lines),
            "a process that waits for the lock",
        )
        assert (host.asked, process.poll()) == ([], None)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert host.asked if word == "full" else unpacked(out)


def test_a_copy_has_every_file_but_those_that_are_not_whole_yet(host: Host) -> None:
    wanted = content(host.backup)
    (host.backup / f"{SEGMENT}.pgbackrest.tmp").write_text("half")
    (host.backup / "scratch").mkdir()
    (host.backup / "scratch" / "PG_VERSION").write_text("16")
    code, out, said = host.call("copy")
    assert (code, said) == (0, "")
    assert unpacked(out) == wanted
    assert host.asked == []


def arrive(backup: Path) -> None:
    new = backup / f"{SEGMENT.replace('0001-', '0002-')}.pgbackrest.tmp"
    new.write_text("more")
    new.rename(new.with_suffix("").with_suffix(""))


def begin_a_backup(backup: Path) -> None:
    (backup / BACKUP / "bundle" / "2").touch()


def rewrite(backup: Path) -> None:
    with (backup / SEGMENT).open("ab") as file:
        file.write(b"more")


@pytest.mark.parametrize(
    ("large", "happens", "goes_well"),
    [
        (SEGMENT, arrive, True),
        (SEGMENT, rewrite, False),
        (f"{BACKUP}/bundle/1", begin_a_backup, False),
    ],
)
def test_wal_may_arrive_while_it_is_copied_and_nothing_else_may_happen(
    host: Host, large: str, happens: Callable[[Path], None], goes_well: bool
) -> None:
    (host.backup / large).write_bytes(LARGE)
    wanted = content(host.backup)
    process = host.start("copy")
    assert process.stdout is not None
    out = b""
    while large.encode() not in out:  # then its folder is being read, and waits for us to take the file
        more = os.read(process.stdout.fileno(), 512)
        assert more, process.communicate()
        out += more
    happens(host.backup)
    rest, err = process.communicate(timeout=60)
    assert (process.returncode == 0) is goes_well, err
    assert ("file changed as we read it" in err.decode()) is not goes_well
    if goes_well:
        assert unpacked(out + rest).items() >= wanted.items()


def test_no_copy_of_what_is_not_there(host: Host) -> None:
    shutil.rmtree(host.backup / "repository")
    code, _, said = host.call("copy")
    assert (code, "repository: Cannot stat: No such file or directory" in said) == (1, True)


def test_a_copy_takes_the_place_of_what_was_there_which_stays_each_time(host: Host) -> None:
    contents = [content(host.backup)]
    for word in ("first ", "second "):
        fill(host.backup / "copy", word)
        contents.append(content(host.backup / "copy"))
        code, out, said = host.call("adopt")
        assert (code, said) == (0, "")
        assert content(Path(out.decode().strip())) == contents[-2]
        assert {each: content(host.backup)[each] for each in contents[-1]} == contents[-1]
    kept = sorted(host.backup.glob("replaced-*"))
    assert [content(each) for each in kept] == contents[:-1]
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o700}


@pytest.mark.parametrize("lacks", ["repository", "manifests"])
def test_what_is_no_copy_of_a_repository_changes_nothing(host: Host, lacks: str) -> None:
    fill(host.backup / "copy", "first ")
    shutil.rmtree(host.backup / "copy" / lacks)
    before = content(host.backup)
    code, _, said = host.call("adopt")
    assert (code, f"copy/{lacks} is not there" in said) == (1, True)
    assert content(host.backup) == before


def test_a_change_that_broke_off_is_done_again_and_nothing_is_lost(host: Host) -> None:
    was = content(host.backup)
    fill(host.backup / "copy", "first ")
    wanted = content(host.backup / "copy")
    # Killed after the first of the two.
    kept = host.backup / "replaced-20260301T013000.000000000Z"
    kept.mkdir()
    (host.backup / "repository").rename(kept / "repository")
    (host.backup / "copy" / "repository").rename(host.backup / "repository")
    shutil.rmtree(host.backup / "copy")
    fill(host.backup / "copy", "first ")
    assert host.call("adopt")[0] == 0
    found = content(host.backup)
    assert {each: found[each] for each in wanted} == wanted
    assert set(was.values()) <= set(found.values())
