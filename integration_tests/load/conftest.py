from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stand import Stand, platform


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with platform(tmp_path_factory.mktemp("load"), cameras=4) as found:
        yield found
