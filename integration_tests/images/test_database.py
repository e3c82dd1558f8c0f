from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from docker.models.containers import Container

from integration_tests.waiting import wait_for

from .conftest import Net, Run

pytestmark = pytest.mark.docker


def connect(container: Container, network: Net, user: str, password: str, database: str = "citycam") -> str:
    """What the server says of itself, or why it refused."""
    container.reload()
    address = container.attrs["NetworkSettings"]["Networks"][network.name]["IPAddress"]
    try:
        with psycopg.connect(
            host=address, user=user, password=password, dbname=database, connect_timeout=5
        ) as connection:
            row = connection.execute("SELECT postgis_lib_version(), current_setting('password_encryption')").fetchone()
            return str(row)
    except psycopg.OperationalError as error:
        return str(error)


@pytest.fixture(scope="module")
def secret(folder: Path) -> Path:
    path = folder / "database-password"
    path.write_text("first 'quoted' secret", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def database(run: Run, nets: list[Net], secret: Path) -> Container:
    return run(
        "database",
        network=nets[0].name,
        volumes={str(secret): {"bind": "/run/secrets/database-password", "mode": "ro"}},
        mounts=[{"Type": "volume", "Target": "/var/lib/postgresql/data", "Source": ""}],
    )


def test_it_answers_with_postgis_to_its_one_user_only(database: Container, nets: list[Net]) -> None:
    def said(user: str = "citycam", password: str = "first 'quoted' secret", database_name: str = "citycam") -> str:
        return connect(database, nets[0], user, password, database_name)

    assert wait_for(said, lambda words: words.startswith("('3."), "answer") == "('3.3.2', 'scram-sha-256')"
    assert "password authentication failed" in said(password="wrong")
    assert "no pg_hba.conf entry" in said(user="postgres")
    assert "no pg_hba.conf entry" in said(database_name="postgres")
    assert "quoted" not in database.logs().decode()


def test_a_new_secret_rotates_the_password_and_keeps_the_data(
    database: Container, nets: list[Net], secret: Path
) -> None:
    wait_for(
        lambda: connect(database, nets[0], "citycam", "first 'quoted' secret"), lambda said: said[0] == "(", "answer"
    )
    secret.write_text("second", encoding="utf-8")
    database.restart(timeout=20)
    wait_for(lambda: connect(database, nets[0], "citycam", "second"), lambda said: said[0] == "(", "new password")
    assert "failed" in connect(database, nets[0], "citycam", "first 'quoted' secret")
