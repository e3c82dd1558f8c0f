from __future__ import annotations

from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config

testcontainers_config.ryuk_disabled = (
    True  # its image cannot be pulled everywhere; containers are closed by their tests
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that accounts of containers may pass through."""
    found = tmp_path_factory.mktemp("recording")
    for parent in (found, *found.parents[:2]):
        parent.chmod(0o755)
    return found
