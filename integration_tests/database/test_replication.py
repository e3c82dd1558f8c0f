"""Two members: commits wait for the replica, a promotion loses none, and who was primary comes back as a replica."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from integration_tests.database.members import WAITING, Members
from integration_tests.database.writer import Writer
from integration_tests.waiting import wait_for

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module", autouse=True)
def table(members: Members) -> None:
    members.execute("CREATE TABLE written (number bigint PRIMARY KEY)")


def test_what_is_committed_is_on_the_replica(members: Members) -> None:
    members.execute("INSERT INTO written VALUES (0)")
    members.await_answer("database-2", "SELECT count(*) FROM written WHERE number = 0", "1", "row on the replica")
    assert members.ask("database-2", "SELECT pg_is_in_recovery()") == "t"
    assert "read-only" in members.ask("database-2", "INSERT INTO written VALUES (-1)")


def test_a_commit_waits_while_the_replica_is_away(members: Members) -> None:
    members.end("database-2")
    late = threading.Thread(target=members.execute, args=("INSERT INTO written VALUES (-2)",))
    late.start()
    members.await_answer("database-1", WAITING, "1", "commit that waits")
    assert late.is_alive()
    members.start("database-2")
    late.join(timeout=60)
    assert not late.is_alive()
    members.await_pair("database-1", "database-2")
    assert members.ask("database-2", "SELECT count(*) FROM written WHERE number = -2") == "1"


def test_two_containers_never_serve_one_folder(members: Members) -> None:
    """As on a node that was cut off: the Swarm starts another before it ends the one that went on."""
    members.start("database-1", called="another")
    wait_for(lambda: members.logs("another"), lambda said: "waits for another container to let go" in said, "waiting")
    members.execute("INSERT INTO written VALUES (-30)")
    assert "No such file" in members.ask("another", "SELECT 1")
    members.end("database-1")
    members.await_answer("another", "SELECT count(*) FROM written WHERE number = -30", "1", "the one that waited")
    members.end("another")
    members.start("database-1")
    members.await_pair("database-1", "database-2")


def test_a_promotion_after_the_primary_died_loses_no_acknowledged_row(members: Members) -> None:
    with Writer(members, first=1).writing() as writer:
        writer.await_more(200)
        members.end("database-1", kill=True)
        died = time.monotonic()
        done = members.call("database-2", "promote")
        writer.await_more(200)
        sys.stderr.write(f"writes were back {writer.at - died:.1f} s after the primary died\n")
    assert done["promoted"] is True
    assert writer.missing("database-2") == set()
    # The old primary comes back with commits that nobody was told of; it follows, and commits wait for it.
    members.start("database-1")
    members.await_pair("database-2", "database-1")
    assert members.ask("database-1", "SELECT pg_is_in_recovery()") == "t"
    assert writer.missing("database-1") == set()
    assert members.ask("database-1", "SELECT count(*) FROM written") == members.ask(
        "database-2", "SELECT count(*) FROM written"
    )


def test_a_change_over_in_order_and_back_loses_none_either(members: Members) -> None:
    with Writer(members, first=1_000_000).writing() as writer:
        writer.await_more(50)
        members.end("database-2")
        assert members.call("database-1", "promote")["promoted"] is True
        writer.await_more(50)
        members.start("database-2")
        members.await_pair("database-1", "database-2")
        writer.await_more(50)
    assert writer.missing("database-2") == set()


def test_a_replica_that_commits_did_not_wait_for_is_not_promoted(members: Members) -> None:
    members.end("database-2")
    # The primary goes on alone, by an order; what it acknowledges now is nowhere else.
    assert members.call("database-1", "promote")["promoted"] is False
    members.execute("INSERT INTO written VALUES (-3)")
    members.end("database-1", kill=True)
    members.start("database-2")
    members.await_answer("database-2", "SELECT pg_is_in_recovery()", "t", "replica without a primary")
    code, _, said = members.run("database-2", "promote")
    assert (code, "may lack some that were acknowledged" in said) == (1, True)
    assert members.ask("database-2", "SELECT pg_is_in_recovery()") == "t"
    members.start("database-1")
    members.await_pair("database-1", "database-2")
    assert members.ask("database-2", "SELECT count(*) FROM written WHERE number = -3") == "1"


def test_a_fenced_member_waits_for_a_primary_and_never_is_one(members: Members) -> None:
    members.end("database-2")
    members.end("database-1")
    (members.folder / "database-1" / "rejoin").touch()
    members.start("database-1")
    wait_for(
        lambda: members.logs("database-1"),
        lambda said: "waits for database-2.service to be a primary" in said,
        "fenced member that waits",
    )
    members.start("database-2")
    members.await_answer("database-2", "SELECT pg_is_in_recovery()", "t", "replica without a primary")
    assert members.call("database-2", "promote", "accept-loss")["promoted"] is True
    members.await_pair("database-2", "database-1")
    assert not (members.folder / "database-1" / "rejoin").exists()


def test_a_primary_of_another_system_is_not_followed(members: Members) -> None:
    members.end("database-1")
    members.end("database-2")
    kept = members.folder / "database-1"
    kept.rename(kept.with_name("kept"))
    members.empty("database-1")
    members.start("database-1")
    members.await_answer("database-1", "SELECT count(*) FROM pg_namespace WHERE nspname = 'public'", "1", "new system")
    members.start("database-2")
    wait_for(
        lambda: members.logs("database-2"),
        lambda said: "is a primary of another system than this folder: nothing is touched" in said,
        "refusal",
    )
    members.end("database-1")
    members.await_answer("database-2", "SELECT count(*) > 0 FROM written", "t", "data of the member that refused")


def test_passwords_are_in_no_log_and_no_list_of_processes(members: Members) -> None:
    for name in members.containers:
        processes = members.containers[name].top(ps_args="-eo pid,args")["Processes"]
        said = members.containers[name].logs().decode() + str(processes)
        assert [word for word in members.passwords.values() if word in said] == []
