from __future__ import annotations

from collections.abc import Iterator

import pytest

from .stand import Stand, standing


@pytest.fixture(scope="module")
def bare() -> Iterator[Stand]:
    """A lab of one bare node and a camera site, for tests of what a host is."""
    with standing("bare", 1) as stand:
        yield stand
