from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from integration_tests.database.members import LABEL, Members


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Members]:
    """A primary, its replica and the repository, that all work."""
    engine = docker.from_env(timeout=300)
    network = engine.networks.create(f"citycam-test-{secrets.token_hex(4)}", labels=LABEL)
    folder = tmp_path_factory.mktemp("database")
    _open(folder)
    made = Members(engine, network, folder)
    made.prepare()
    try:
        for name in ("database-1", "database-2", "backup"):
            made.start(name)
        made.await_pair("database-1", "database-2")
        yield made
    finally:
        made.end_all()
        network.remove()


def _open(folder: Path) -> None:
    """Let accounts of containers pass through."""
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o755)
