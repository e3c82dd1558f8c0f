"""Publish a version, list versions, go back to one: each in one transaction, one publisher at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from citycam import __version__
from citycam.model.errors import ConfigError, EnvironmentFailure
from citycam.registry.rows import Publication

if TYPE_CHECKING:
    from sqlalchemy import Connection

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x6369_7479_6361_6D
"""Key of the advisory lock that publishers take: `citycam` in ASCII."""


@dataclass(frozen=True)
class Version:
    """A version as it is listed; `current` is what readers see."""

    number: int
    published_at: datetime
    judged_on: str
    cameras: int
    inventory_digest: str
    plan_digest: str | None
    note: str
    current: bool


@dataclass(frozen=True)
class Published:
    """The version that is current now, and the one before; not `fresh` when that version was current already."""

    version: int
    previous: int | None
    fresh: bool = True


class Registry:
    """The registry in one database. `dsn` holds the password: it is neither logged nor shown."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def publish(self, publication: Publication) -> Published:
        """Add a version and make it current. The same inventory, plan and decisions once more add nothing.

        Raises:
            EnvironmentFailure: the database cannot be reached or refuses it; nothing has changed.
        """
        with self._cursor("the inventory was not published") as cursor:
            previous = _current(cursor)
            if previous is not None and _same(cursor, previous, publication):
                return Published(previous, previous, fresh=False)
            version = _insert_version(cursor, publication)
            for table, columns, rows in publication.tables():
                names = sql.SQL(", ").join(map(sql.Identifier, ("version", *columns)))
                statement = sql.SQL("COPY registry.{} ({}) FROM STDIN").format(sql.Identifier(table), names)
                with cursor.copy(statement) as copy:
                    for row in rows:
                        copy.write_row((version, *row))
            _make_current(cursor, "publish", version, previous)
            return Published(version, previous)

    def rollback(self, version: int) -> Published:
        """Make an older version current again; it stays in the list, as do all others.

        Raises:
            ConfigError: there is no such version.
            EnvironmentFailure: as `publish`.
        """
        with self._cursor("the registry was not rolled back") as cursor:
            previous = _current(cursor)
            if cursor.execute("SELECT 1 FROM registry.version WHERE number = %s", (version,)).fetchone() is None:
                raise ConfigError(
                    f"there is no version {version}", where="registry", next="see `citycam inventory published`"
                )
            if previous == version:
                return Published(version, previous, fresh=False)
            _make_current(cursor, "rollback", version, previous)
            return Published(version, previous)

    def versions(self) -> list[Version]:
        """All versions, the newest first.

        Raises:
            EnvironmentFailure: as `publish`.
        """
        with self._cursor("the registry cannot be read") as cursor:
            rows = cursor.execute(
                "SELECT number, published_at, judged_on::text, cameras, inventory_digest, plan_digest, note,"
                " number = (SELECT version FROM registry.head) FROM registry.version ORDER BY number DESC"
            )
            return [Version(*row) for row in rows]

    @contextmanager
    def _cursor(self, failed: str) -> Iterator[psycopg.Cursor[Any]]:
        """One transaction on the newest schema; what is raised inside takes everything back."""
        from sqlalchemy import create_engine
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        engine = create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(self._dsn, connect_timeout=10), poolclass=NullPool
        )
        try:
            with engine.begin() as connection:
                driver = connection.connection.driver_connection
                assert isinstance(driver, psycopg.Connection)
                with driver.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
                    _migrate(connection)
                    yield cursor
        except (SQLAlchemyError, psycopg.Error) as error:
            raise EnvironmentFailure(failed, where="database", why=_why(error), next="nothing has changed") from None


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    connection.exec_driver_sql("SET LOCAL client_min_messages = warning")
    connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS registry")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(cursor: psycopg.Cursor[Any]) -> int | None:
    row = cursor.execute("SELECT version FROM registry.head").fetchone()
    return row[0] if row else None


def _same(cursor: psycopg.Cursor[Any], version: int, publication: Publication) -> bool:
    row = cursor.execute(
        "SELECT inventory_digest, plan_digest, decisions_head, judged_on FROM registry.version WHERE number = %s",
        (version,),
    ).fetchone()
    wanted = publication.inventory_digest, publication.plan_digest, publication.decisions_head, publication.judged_on
    return row == wanted


def _insert_version(cursor: psycopg.Cursor[Any], publication: Publication) -> int:
    row = cursor.execute(
        "INSERT INTO registry.version"
        " (producer, note, judged_on, inventory_digest, plan_digest, decisions_head, cameras)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING number",
        (
            f"citycam {__version__}",
            publication.note,
            publication.judged_on,
            publication.inventory_digest,
            publication.plan_digest,
            publication.decisions_head,
            len(publication.assessments),
        ),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _make_current(cursor: psycopg.Cursor[Any], action: str, version: int, previous: int | None) -> None:
    cursor.execute(
        "INSERT INTO registry.head (version) VALUES (%s) ON CONFLICT (one) DO UPDATE SET version = EXCLUDED.version",
        (version,),
    )
    cursor.execute(
        "INSERT INTO registry.history (action, version, previous) VALUES (%s, %s, %s)", (action, version, previous)
    )


def _why(error: Exception) -> str:
    """The server's own words; never the connection string."""
    original = getattr(error, "orig", None) or error
    if isinstance(original, psycopg.Error) and original.diag.message_primary:
        return original.diag.message_primary
    return str(original).splitlines()[0] if str(original) else type(original).__name__
