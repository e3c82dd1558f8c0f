from __future__ import annotations

from collections.abc import Iterator

import pytest

from .platform import Platform, describe


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that stands, for tests that look at it, or break it and mend it again."""
    made = describe("trial", tmp_path_factory.mktemp("trial"), net=200, port=18443)
    ended = made.citycam("up")
    assert ended.code == 0, ended.said
    yield made
    made.citycam("down", "--volumes")


@pytest.fixture(scope="module")
def unborn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform that does not stand yet, for tests of how one comes and goes."""
    made = describe("unborn", tmp_path_factory.mktemp("unborn"), net=208, port=18643)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
        yield made
        made.citycam("down", "--volumes")
