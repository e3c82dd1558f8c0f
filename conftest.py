"""How tests share workers (`pytest -n`): a file stays together, as does a folder of container tests."""

from __future__ import annotations

import signal

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

signal.signal(signal.SIGINT, signal.default_int_handler)
"""A shell that runs us in the background has SIGINT ignored, and what tests start and interrupt would inherit that."""

settings.register_profile("citycam", deadline=None)
settings.load_profile("citycam")
"""How long an example takes says how busy the machine is, and decides nothing."""

LONG = [
    "integration_tests/lab",
    "integration_tests/campaign",
    "integration_tests/hosts",
    "integration_tests/stack/test_life.py",
    "integration_tests/stack",
]
"""Begun first, in this order: whoever waits for containers should wait beside the rest."""


def group_of(nodeid: str) -> str:
    """What shares a worker, and so the fixtures that stand for long: a file, or a folder of container tests."""
    path = nodeid.split("::", 1)[0]
    alone = not path.startswith("integration_tests/") or path.endswith("/test_life.py")
    return path if alone else path.rpartition("/")[0]


class Groups(LoadScopeScheduling):
    """Hands out whole groups."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Deal tests by our groups, whatever `--dist` says."""
    return Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the items by their groups."""
    rank = {group: place for place, group in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(group_of(item.nodeid), len(rank)))
