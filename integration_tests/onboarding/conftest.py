from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from integration_tests.onboarding.stand import Stand, footage, standing
from simulators.fleet.bench import free_port


@pytest.fixture(scope="package")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return footage(tmp_path_factory.mktemp("footage"))


@pytest.fixture(scope="package")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="package")
def stand(tmp_path_factory: pytest.TempPathFactory, video: Path, cache: Path) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("onvif"), video, cache, free_port()) as found:
        yield found
