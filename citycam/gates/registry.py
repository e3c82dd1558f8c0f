"""Find every criterion, and refuse two with one id."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from citycam.gates import criteria
from citycam.gates.criterion import Criterion
from citycam.model.errors import CitycamError


@cache
def all_criteria() -> Mapping[str, Criterion[Any]]:
    """Criterion id → criterion, of all modules in `citycam.gates.criteria`."""
    names = sorted(module.name for module in pkgutil.iter_modules(criteria.__path__))
    return by_id(importlib.import_module(f"{criteria.__name__}.{name}").CRITERION for name in names)


def by_id(found: Iterable[Criterion[Any]]) -> Mapping[str, Criterion[Any]]:
    """Index criteria by id.

    Raises:
        CitycamError: an id is used twice, which is a bug.
    """
    index: dict[str, Criterion[Any]] = {}
    for criterion in found:
        if criterion.id in index:
            raise CitycamError(f"two criteria are called {criterion.id!r}", where=type(criterion).__module__)
        index[criterion.id] = criterion
    return index
