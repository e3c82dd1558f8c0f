from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.provider.tests.engine import Client, connected


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The engine that everything meets in the place of Docker's."""
    with connected(monkeypatch, Client()) as found:
        yield found
