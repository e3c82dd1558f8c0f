"""New passwords reach both members and all who log in, in whatever order they start; no acknowledged row is lost."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from citycam.model.errors import EnvironmentFailure
from infra.renewal import await_commit
from integration_tests.database.members import WAITING, Members
from integration_tests.database.writer import Writer
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker

STREAMS = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"


@pytest.fixture(scope="module", autouse=True)
def table(members: Members) -> None:
    members.execute("CREATE TABLE written (number bigint PRIMARY KEY)")


@pytest.mark.parametrize(
    ("order", "first"), [(("database-1", "database-2"), 1), (("database-2", "database-1"), 1_000_000)]
)
def test_new_passwords_hold_old_ones_do_not_and_no_acknowledged_row_is_lost(
    members: Members, order: tuple[str, str], first: int
) -> None:
    old = dict(members.passwords)
    with Writer(members, first).writing() as writer:
        writer.await_more(50)
        members.renew("database-password", "replication-password")
        members.start(order[0])
        # Half-way: the two know different passwords. The primary commits nothing that the other does not have.
        members.await_answer("database-1", STREAMS, "0", "primary without its replica")
        members.start(order[1])
        members.start("backup")
        members.await_pair("database-1", "database-2")
        writer.await_more(50)
    assert (writer.missing("database-1"), writer.missing("database-2")) == (set(), set())
    asyncio.run(await_commit(members.dsn(), 60))
    psycopg.connect(_as_replica(members, members.passwords["replication-password"])).close()
    for dsn in (members.dsn(old["database-password"]), _as_replica(members, old["replication-password"])):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(dsn).close()


def test_backups_are_made_with_the_new_password_and_the_old_key(members: Members) -> None:
    before = members.call("backup", "backup", "full")
    key = members.passwords["repository-key"]
    members.renew("database-password", "replication-password")
    for name in ("database-1", "database-2", "backup"):
        members.start(name)
    members.await_pair("database-1", "database-2")
    # The repository, just started, looks after its stanza first, and locks it meanwhile.
    wait_for(lambda: members.run("backup", "backup", "incr"), lambda ended: ended[0] == 0, "backup")
    after = members.call("backup", "manifest")
    assert members.passwords["repository-key"] == key
    assert after["backup"].startswith(before["backup"])  # it builds on the backup from before
    assert members.call("backup", "verify")["ok"] is True


def test_a_commit_that_waits_for_the_replica_is_no_proof(members: Members) -> None:
    members.end("database-2")
    with pytest.raises(EnvironmentFailure, match="has committed nothing") as failure:
        asyncio.run(await_commit(members.dsn(), 3))
    assert "it waits for the replica" in failure.value.why
    members.await_answer("database-1", WAITING, "0", "that nobody waits any more")
    members.start("database-2")
    members.await_pair("database-1", "database-2")


def test_passwords_are_in_no_log_and_no_list_of_processes(members: Members) -> None:
    for name in members.containers:
        processes = members.containers[name].top(ps_args="-eo pid,args")["Processes"]
        said = members.containers[name].logs().decode() + str(processes)
        assert [word for word in members.passwords.values() if word in said] == []


def _as_replica(members: Members, password: str) -> str:
    """How a replica logs in to the first member, which is primary."""
    first = members.dsn().partition(",")[0]
    return f"{first} dbname=postgres user=replica password={password} connect_timeout=5"
