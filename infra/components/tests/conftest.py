from __future__ import annotations

import pytest

from infra.tests.mocked import Platform, stand


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """What the program declares for `environments/local.yaml`."""
    return stand(tmp_path_factory.mktemp("platform"))
