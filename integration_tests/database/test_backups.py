"""Backups: a restore to any moment has every row, and a repository that cannot give it back is found in time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration_tests.database.members import UID, Members
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker

HANOI = timezone(timedelta(hours=7))
ROWS = "SELECT string_agg(number::text, ' ' ORDER BY number) FROM kept"


@pytest.fixture(scope="module")
def manifest(members: Members) -> dict[str, Any]:
    """The manifest of a backup of tables with every kind of value that a row's text could differ in."""
    members.execute(
        "CREATE TABLE kept (number bigint PRIMARY KEY)",
        "INSERT INTO kept SELECT generate_series(1, 100)",
        "CREATE SCHEMA apart",
        'CREATE TABLE apart."an odd name" (at timestamptz, place geography(Point, 4326), half real, raw bytea)',
        "INSERT INTO apart.\"an odd name\" VALUES (now(), 'POINT(105.85 21.03)', 0.1, '\\xff00')",
        "CREATE TABLE nothing (at interval)",
    )
    made: dict[str, Any] = members.call("backup", "backup", "full")
    return made


def test_a_manifest_tells_rows_and_a_hash_of_every_table_that_is_ours(manifest: dict[str, Any]) -> None:
    assert {table["name"]: table["rows"] for table in manifest["tables"]} == {
        "public.kept": 100,
        'apart."an odd name"': 1,
        "public.nothing": 0,
    }
    assert {len(table["sha256"]) for table in manifest["tables"]} == {64}


def test_a_backup_that_can_be_restored_is_proved_so(members: Members, manifest: dict[str, Any]) -> None:
    members.execute("INSERT INTO kept VALUES (101)")  # after the manifest: not in the proof
    seen = members.call("backup", "verify")
    assert (seen["ok"], seen["archive"], seen["files"], seen["restore"]) == (True, True, True, True)
    assert seen["proof"] == {
        "point": manifest["point"],
        "at": manifest["at"],
        "backup": manifest["backup"],
        "tables": 3,
        "rows": 101,
        "different": [],
    }


def test_a_restore_to_a_time_has_what_was_committed_by_then_and_nothing_later(
    members: Members, manifest: dict[str, Any]
) -> None:
    members.execute("INSERT INTO kept VALUES (200)")
    moment = _now(members)
    members.execute("DELETE FROM kept", "DROP TABLE nothing")
    members.call("backup", "backup", "incr")  # and brings the WAL into the archive
    told = restore(members, manifest, moment)
    assert told["archive_ended_before"] is False
    assert told["proof"]["different"] == []
    assert datetime.fromisoformat(manifest["at"]) < datetime.fromisoformat(told["last_commit"])
    assert datetime.fromisoformat(told["last_commit"]) < datetime.fromisoformat(moment)
    assert members.ask("database-1", ROWS) == " ".join(str(number) for number in [*range(1, 102), 200])
    members.execute("INSERT INTO kept VALUES (201)")
    # The replica followed the past that is gone: it comes back as a copy of this one.
    members.await_pair("database-1", "database-2")
    assert members.ask("database-2", "SELECT max(number) FROM kept") == "201"


def test_a_restore_to_a_time_beyond_the_archive_goes_to_its_end_and_says_so(
    members: Members, manifest: dict[str, Any]
) -> None:
    members.execute("INSERT INTO kept VALUES (300)")
    newer = members.call("backup", "backup", "incr")  # on the timeline that the restore before this one began
    told = restore(members, newer, "2100-01-01T00:00:00Z", empty=["database-2"])
    assert told["archive_ended_before"] is True
    assert told["proof"]["point"] == newer["point"]
    assert members.ask("database-1", "SELECT max(number) FROM kept") == "300"
    # What was there before is there still.
    [replaced] = (members.folder / "database-1").glob("*.replaced-*")
    assert (replaced / "PG_VERSION").exists()


def test_a_restore_that_differs_from_its_manifest_is_refused(members: Members) -> None:
    newest = members.call("backup", "backup", "incr")
    for table in newest["tables"]:
        table["sha256"] = "0" * 64
    members.end("database-1")
    request(members, newest, "")
    members.start("database-1")
    wait_for(lambda: members.logs("database-1"), lambda said: "tables differ from the manifest" in said, "refusal", 120)
    members.end("database-1")
    _remove_request(members)
    members.start("database-1")
    members.await_pair("database-1", "database-2")


def test_a_backup_file_that_was_changed_is_found_and_named(members: Members) -> None:
    members.call("backup", "backup", "incr")
    backups = members.folder / "backup" / "repository" / "backup" / "citycam"
    bundle = max((file for file in backups.rglob("bundle/*") if file.is_file()), key=lambda file: file.stat().st_size)
    with damaged(bundle):
        code, out, said = members.run("backup", "verify")
        seen = json.loads(out.splitlines()[-1])
        assert (code, seen["ok"], seen["files"]) == (1, False, False), said
        assert f"invalid checksum '{bundle.relative_to(backups).parts[0]}/" in said


def test_wal_that_is_missing_is_found_and_named(members: Members) -> None:
    newest = members.call("backup", "backup", "incr")
    members.execute("INSERT INTO kept VALUES (400)")
    archive = members.folder / "backup" / "repository" / "archive" / "citycam"
    segments = sorted(file for file in archive.rglob("*.zst") if len(file.name.partition("-")[0]) == 24)
    lost = segments[-1]
    aside = members.folder / lost.name
    lost.rename(aside)
    code, out, said = members.run("backup", "verify")
    aside.rename(lost)
    seen = json.loads(out.splitlines()[-1])
    assert (code, seen["ok"], seen["restore"]) == (1, False, False), said
    assert f"does not reach {newest['point']}" in said


def test_the_repository_is_encrypted_and_its_key_in_no_log(members: Members) -> None:
    members.execute("INSERT INTO kept VALUES (500)", "CREATE TABLE plainly (words text)")
    members.execute("INSERT INTO plainly SELECT 'words that anybody could read' FROM generate_series(1, 1000)")
    members.call("backup", "backup", "full")
    found = [file for file in (members.folder / "backup" / "repository").rglob("*") if file.is_file()]
    magic = {file.read_bytes()[:8] for file in found if file.suffix == ".zst" or file.name == "backup.info"}
    assert magic == {b"Salted__"}
    for name in members.containers:
        processes = members.containers[name].top(ps_args="-eo pid,args")["Processes"]
        said = members.containers[name].logs().decode() + str(processes)
        assert [word for word in members.passwords.values() if word in said] == []


def test_another_part_of_the_platform_reads_no_backup(members: Members) -> None:
    stranger = [f"--repo1-host-{kind}-file=/run/secrets/stranger-{kind}" for kind in ("cert", "key")]
    code, out, err = members.run(
        "database-1", "pgbackrest", "--stanza=citycam", *stranger, "archive-get", "000000010000000000000001", "/tmp/got"
    )
    assert code != 0
    assert "access denied" in out + err


def test_the_manifest_of_a_moment_is_the_newest_that_is_not_younger(members: Members) -> None:
    older = members.call("backup", "backup", "incr")
    newer = members.call("backup", "backup", "incr")
    assert members.call("backup", "manifest") == newer
    # Its time and its restore point are rounded each for itself: a microsecond may lie between them.
    at, rounding = datetime.fromisoformat(newer["at"]), timedelta(microseconds=2)
    assert members.call("backup", "manifest", (at + rounding).isoformat()) == newer
    assert members.call("backup", "manifest", (at - rounding).astimezone(HANOI).isoformat()) == older
    code, _, said = members.run("backup", "manifest", "2020-01-01T00:00:00Z")
    assert (code, said.strip()) == (1, "no backup has a manifest from before 2020-01-01T00:00:00Z")


def request(members: Members, manifest: dict[str, Any], to: str) -> None:
    """Ask for a restore, as the play does: files in the folder of the member."""
    wanted = members.folder / "database-1" / "restore"
    wanted.mkdir()
    (wanted / "manifest.json").write_text(json.dumps(manifest, separators=(", ", ": ")), encoding="utf-8")
    (wanted / "to").write_text(to, encoding="ascii")
    for path in (wanted, *wanted.iterdir()):
        os.chown(path, UID, UID)


def restore(
    members: Members, manifest: dict[str, Any], to: str, empty: Sequence[str] = ("database-1", "database-2")
) -> dict[str, Any]:
    """Restore the database, into empty folders if not said otherwise; what was told of it."""
    for name in ("database-2", "database-1"):
        members.end(name)
    for name in empty:
        members.empty(name)
    request(members, manifest, to)
    for name in ("database-1", "database-2"):
        members.start(name)
    members.await_answer("database-1", "SELECT pg_is_in_recovery()", "f", "restored database")
    told: dict[str, Any] = json.loads((members.folder / "database-1" / "restored.json").read_text(encoding="utf-8"))
    return told


def _remove_request(members: Members) -> None:
    wanted = members.folder / "database-1" / "restore"
    for path in wanted.iterdir():
        path.unlink()
    wanted.rmdir()


@contextmanager
def damaged(file: Path) -> Iterator[None]:
    """A file with one byte changed in its middle."""
    before = file.read_bytes()
    changed = bytearray(before)
    changed[len(before) // 2] ^= 0xFF
    file.write_bytes(changed)
    try:
        yield
    finally:
        file.write_bytes(before)


def _now(members: Members) -> str:
    with psycopg.connect(members.dsn()) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    moment: datetime = row[0]
    return moment.isoformat()
