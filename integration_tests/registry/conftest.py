from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from docker.models.containers import Container

from citycam.registry.registry import Registry
from integration_tests.images.conftest import Net, Run, engine, folder, nets, run  # noqa: F401  fixtures
from integration_tests.waiting import wait_for


@pytest.fixture(scope="module")
def dsn(run: Run, nets: list[Net], folder: Path) -> str:  # noqa: F811  fixtures again
    """A PostgreSQL of our image that answers, with PostGIS."""
    secret = folder / "database-password"
    secret.write_text("canary", encoding="utf-8")
    container = run(
        "database",
        network=nets[0].name,
        volumes={str(secret): {"bind": "/run/secrets/database-password", "mode": "ro"}},
        mounts=[{"Type": "volume", "Target": "/var/lib/postgresql/data", "Source": ""}],
    )
    found = _dsn(container, nets[0].name)
    wait_for(lambda: _answer(found), lambda said: said == "postgis", "answer of the database")
    return found


@pytest.fixture
def registry(dsn: str) -> Iterator[Registry]:
    """A registry that nothing was published to."""
    yield Registry(dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP SCHEMA IF EXISTS registry CASCADE")


def _dsn(container: Container, network: str) -> str:
    container.reload()
    address = container.attrs["NetworkSettings"]["Networks"][network]["IPAddress"]
    return f"host={address} user=citycam dbname=citycam password=canary"


def _answer(dsn: str) -> str:
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            row = connection.execute("SELECT extname FROM pg_extension WHERE extname = 'postgis'").fetchone()
            return str(row[0]) if row else "no postgis"
    except psycopg.OperationalError as error:
        return str(error)
