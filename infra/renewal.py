"""New passwords for the database: drawn anew in the stack's state, brought to its services, proved by a commit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import psycopg

from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.automation import Stack, StackStatus
from infra.components.credentials import DATABASE_PASSWORDS
from infra.components.members import members
from infra.endpoints import database_reached
from infra.events import OnEvent
from infra.outputs import Outputs

STARTING_S = 30.0
"""How long parts may take to start that a rotation before this one restarted."""

PATIENCE_S = 120.0
"""How long members may take to find each other again."""


def renew_database(stack: Stack, on_event: OnEvent | None = None) -> Outputs:
    """Have the database and all who log in to it use new passwords; over when a commit came back with them.

    Raises:
        EnvironmentFailure: a part of the database does not run and nothing was changed; or the stack could not be
            changed, or no commit came back: then some parts may have the new ones already, and a second call ends it.
    """
    await_running(stack.environment, stack.status)
    outputs = stack.renew(DATABASE_PASSWORDS, on_event)
    with database_reached(stack.environment, outputs, stack.project) as dsn:
        asyncio.run(await_commit(dsn, PATIENCE_S))
    return outputs


def await_running(environment: Environment, look: Callable[[], StackStatus], seconds: float = STARTING_S) -> None:
    """Wait until every part of the database runs: members that know different passwords do not find each other.

    Raises:
        EnvironmentFailure: one does not, within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while missing := _missing(environment, look()):
        if time.monotonic() >= deadline:
            raise EnvironmentFailure(
                f"not all of the database runs: {', '.join(missing)}",
                where=f"environment {environment.name}",
                why="those that do not run would not come by new passwords",
                next="citycam stack up, or bring its node back; then the same command again",
            )
        time.sleep(1)


def _missing(environment: Environment, status: StackStatus) -> list[str]:
    running = {part.part for part in status.parts if part.ok}
    return [name for name in database_parts(environment) if name not in running]


def database_parts(environment: Environment) -> list[str]:
    """The services that are given a password of the database."""
    return [*members(environment.nodes), "backup"] if environment.nodes else ["database"]


async def await_commit(dsn: str, seconds: float) -> None:
    """Wait until the database has committed something; of two members both have it then, for commits wait for both.

    Raises:
        EnvironmentFailure: it has not, within `seconds`.
    """
    said = "nothing"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
                        said = "connected, but the commit does not come back: it waits for the replica"
                        # A record of the log that changes nothing: the least that a commit waits for.
                        await connection.execute("SELECT pg_logical_emit_message(true, 'citycam', 'new passwords')")
                        return
                except psycopg.OperationalError as error:
                    said = str(error).strip()
                await asyncio.sleep(0.5)
    except TimeoutError:
        raise EnvironmentFailure(
            f"the database has committed nothing in {seconds:.0f} s",
            where="database",
            why=said,
            next="citycam stack status shows whether both members run; then run the same command again",
        ) from None
