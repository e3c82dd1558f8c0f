"""What Pulumi's engine reports, as lines for people and as counted changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation import EngineEvent

_COLOUR = re.compile(r"<\{%.*?%\}>")
_VAGUE = {"update failed", "preview failed", "refresh failed", "destroy failed"}
_QUIET = {"same", "read", "refresh"}
_STEPS = {"create-replacement": "create", "delete-replaced": "delete", "discard-replaced": "delete"}


@dataclass(frozen=True)
class StackEvent:
    """Something happened to a resource: `op` is create, update, delete or replace; `status` begins, done or failed."""

    resource: str
    kind: str
    op: str
    status: str

    def __str__(self) -> str:
        return f"{self.resource} ({self.kind}): {self.op} {self.status}"


OnEvent = Callable[[StackEvent], None]


@dataclass(frozen=True)
class Changes:
    """Resources, as `kind name`, by what happens to them; `same` counts the rest."""

    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()
    same: int = 0

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.replace or self.delete)

    def __str__(self) -> str:
        groups = {"create": self.create, "update": self.update, "replace": self.replace, "delete": self.delete}
        said = [f"{op} {', '.join(names)}" for op, names in groups.items() if names]
        return "; ".join(said) or "no change"


@dataclass
class Listener:
    """Hears the engine's events of one operation: passes them on, counts changes, keeps errors."""

    on_event: OnEvent | None = None
    errors: list[str] = field(default_factory=list)
    _ops: dict[str, list[str]] = field(default_factory=dict)
    _same: int = 0

    def hear(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event:
            self._step(event.resource_pre_event.metadata, "begins")
        elif event.res_outputs_event:
            self._step(event.res_outputs_event.metadata, "done")
        elif event.res_op_failed_event:
            self._step(event.res_op_failed_event.metadata, "failed")
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            said = _COLOUR.sub("", event.diagnostic_event.message).strip()
            said = said.removeprefix("error: ").removeprefix("Exception calling application: ")
            if said and said not in _VAGUE and said not in self.errors:
                self.errors.append(said)

    def changes(self) -> Changes:
        """What changed, or would."""
        named = {op: tuple(dict.fromkeys(names)) for op, names in self._ops.items()}
        replaced = named.get("replace", ())
        rest = {
            op: tuple(name for name in named.get(op, ()) if name not in replaced)
            for op in ("create", "update", "delete")
        }
        return Changes(replace=replaced, same=self._same, **rest)

    def _step(self, metadata: Any, status: str) -> None:
        op = str(getattr(metadata.op, "value", metadata.op))
        kind, name = names(metadata.urn)
        if kind.startswith(("pulumi:", "citycam:")):
            return  # the stack and the components are groups, not things
        if op in _QUIET:
            self._same += op == "same" and status == "done"
            return
        noun = kind.rpartition(":")[2].lower()
        if status == "done":
            self._ops.setdefault(_STEPS.get(op, op), []).append(f"{noun} {name}")
        if self.on_event:
            self.on_event(StackEvent(name, noun, _STEPS.get(op, op), status))


def names(urn: str) -> tuple[str, str]:
    """Type and name of a resource: `urn:pulumi:<stack>::<project>::<parent>$<type>::<name>`."""
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name
