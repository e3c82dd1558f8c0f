"""How tests share workers (`pytest -n`): a file stays together, as does a folder of container tests."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
LONG = ("integration_tests/campaign", "integration_tests/stack/test_life.py", "integration_tests/stack")
"""Begun first, in this order: whoever waits for containers should wait beside the rest."""


def _group(item: pytest.Item) -> str:
    path = item.path.relative_to(ROOT)
    alone = path.parts[0] != "integration_tests" or path.name == "test_life.py"
    return str(path if alone else path.parent)


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and order the items by their groups."""
    groups = {item: _group(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: LONG.index(groups[item]) if groups[item] in LONG else len(LONG))
