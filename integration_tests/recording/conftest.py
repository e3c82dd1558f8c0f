from __future__ import annotations

from pathlib import Path

import pytest
from testcontainers.core.config import testcontainers_config

from .gateway import passable

testcontainers_config.ryuk_disabled = (
    True  # its image cannot be pulled everywhere; containers are closed by their tests
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return passable(tmp_path_factory.mktemp("recording"))
