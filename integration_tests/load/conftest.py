from __future__ import annotations

from collections.abc import Iterator

import pytest
from testcontainers.core.config import testcontainers_config

from .stand import Stand, platform

testcontainers_config.ryuk_disabled = (
    True  # its image cannot be pulled everywhere; containers are closed by their tests
)


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with platform(tmp_path_factory.mktemp("load"), cameras=4) as found:
        yield found
