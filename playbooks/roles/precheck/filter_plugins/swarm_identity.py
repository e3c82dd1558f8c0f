"""Whose Swarm an engine is in, as `infra/precheck.py` judges it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra import precheck
from infra.observation import Engine


def another_swarm(engine: Mapping[str, Any], environment: str, managers: Sequence[str]) -> str:
    """Why an engine, as it was observed (or not), is in another Swarm than the environment's; empty if it is not."""
    # Ansible's own lists yield what they hold only when they are gone through.
    seen = {name: list(value) if isinstance(value, list) else value for name, value in engine.items()}
    return precheck.another_swarm(Engine.model_validate(seen), environment, list(managers))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by name."""
        return {"another_swarm": another_swarm}
