from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config

from .stand import Stand, short_footage, standing

testcontainers_config.ryuk_disabled = (
    True  # its image cannot be pulled everywhere; containers are closed by their tests
)


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("fleet")
    with standing(folder, short_footage(folder)) as found:
        yield found


@pytest.fixture
def stand(running: Stand, request: pytest.FixtureRequest) -> Stand:
    """The fleet without readers or faults, and a ledger for this test alone."""
    running.begin(request.node.nodeid.rpartition("/")[2])
    return running


@pytest.fixture
def captured(tmp_path: Path) -> Path:
    return tmp_path / "captured.h264"
