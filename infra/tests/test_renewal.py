from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from citycam.model.errors import EnvironmentFailure
from infra import renewal
from infra.automation import Stack, StackStatus
from infra.components.credentials import DATABASE_PASSWORDS
from infra.renewal import STARTING_S, await_commit, await_running, database_parts, renew_database
from infra.sweep import PartStatus
from infra.tests.mocked import lab, local, stand


def status(*names: str, away: str = "") -> StackStatus:
    """These parts run, but for the one that is away."""
    return StackStatus(tuple(PartStatus(name, 1, int(name != away), "running") for name in names))


def test_every_part_that_is_given_a_password_is_one_of_the_database(tmp_path: Path) -> None:
    for environment in (local(), lab()):
        platform = stand(tmp_path, environment)
        given = [
            name
            for name in platform.all("Service")
            if {file["path"] for file in platform.one("Service", name)["secrets"]} & set(DATABASE_PASSWORDS)
        ]
        assert sorted(given) == sorted(database_parts(environment))


def test_passwords_are_renewed_and_what_old_backups_need_is_not(tmp_path: Path) -> None:
    generated = set(stand(tmp_path, lab()).all("Random"))
    assert set(DATABASE_PASSWORDS) == {name for name in generated if name in DATABASE_PASSWORDS}
    assert {"repository-key", "camera-key", "seal"} <= generated - set(DATABASE_PASSWORDS)


def test_a_database_of_which_all_runs_may_have_new_passwords() -> None:
    await_running(local(), lambda: status("edge", "database"))
    await_running(lab(), lambda: status("database-1", "database-2", "backup"))


def test_a_part_that_starts_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(renewal, "time", SimpleNamespace(monotonic=lambda: 0.0, sleep=slept.append))
    await_running(local(), lambda: status("database", away="" if len(slept) == 3 else "database"))
    assert len(slept) == 3


@pytest.mark.parametrize("away", ["database-1", "database-2", "backup"])
def test_a_part_that_is_away_is_named_and_nothing_is_renewed(monkeypatch: pytest.MonkeyPatch, away: str) -> None:
    seen = status("database-1", "database-2", "backup", "edge", away=away)
    times = iter([0.0, STARTING_S])
    monkeypatch.setattr(renewal, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(Stack, "status", lambda _: seen)
    monkeypatch.setattr(Stack, "renew", lambda *_: pytest.fail("passwords were renewed"))
    with pytest.raises(EnvironmentFailure, match=f"not all of the database runs: {away}\n"):
        renew_database(Stack(lab()))


def test_nothing_is_renewed_where_nothing_stands() -> None:
    with pytest.raises(EnvironmentFailure, match="not all of the database runs: database-1, database-2, backup"):
        await_running(lab(), status, 0)


def test_a_database_that_is_not_there_is_waited_for_and_the_last_word_is_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    dsn: Any = f"host=127.0.0.1 port={port} dbname=citycam user=citycam password=canary-of-it connect_timeout=2"
    with pytest.raises(EnvironmentFailure, match="has committed nothing") as failure:
        asyncio.run(await_commit(dsn, 0.3))
    assert "refused" in failure.value.why
    assert "canary" not in str(failure.value)
