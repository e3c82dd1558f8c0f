"""The registry's bench beside a database of our own: a container of the platform's image, gone afterwards."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import psycopg
from docker.errors import DockerException

from citycam.model.errors import DeadlineExceeded, EnvironmentFailure
from citycam.model.figure import Figure
from citycam.registry import bench
from infra.images.build import build

PATIENCE_S = 60.0


def figures() -> list[Figure]:
    """The figures of `citycam.registry.bench`.

    Raises:
        EnvironmentFailure: there is no Docker engine, or the image cannot be built.
        DeadlineExceeded: the database did not answer.
    """
    with database() as dsn:
        return bench.figures(dsn)


@contextmanager
def database() -> Iterator[str]:
    """A connection string to an empty database with PostGIS on this machine."""
    password = secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="citycam-bench-") as folder:
        Path(folder).chmod(0o755)  # the server in the container is another user
        secret = Path(folder) / "database-password"
        secret.write_text(password, encoding="utf-8")
        try:
            container = docker.from_env().containers.run(
                build(("database",))["database"],
                detach=True,
                labels={"citycam.environment": "bench"},
                volumes={str(secret): {"bind": "/run/secrets/database-password", "mode": "ro"}},
            )
        except DockerException as error:
            raise EnvironmentFailure("no database for the bench", where="docker", why=str(error)) from error
        try:
            container.reload()
            address = container.attrs["NetworkSettings"]["IPAddress"]
            dsn = f"host={address} dbname=citycam user=citycam password={password}"
            _wait(dsn)
            yield dsn
        finally:
            container.remove(force=True, v=True)


def _wait(dsn: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            with psycopg.connect(dsn, connect_timeout=5) as connection:
                connection.execute("SELECT postgis_version()")
                return
        except psycopg.Error as error:
            if time.monotonic() > deadline:
                raise DeadlineExceeded(
                    "the database of the bench does not answer", where="docker", why=str(error).splitlines()[0]
                ) from None
            time.sleep(0.2)
