"""What changed between two inventories, or between two versions of a submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from citycam.inventory.record import CameraRecord

_ABOUT = {"id", "sources", "provenance", "contradictions"}


@dataclass(frozen=True)
class Change:
    """One fact of one camera; None is unknown."""

    camera: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Difference:
    """Cameras that came and went, by name, and facts that changed."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[Change, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "added": list(self.added),
            "removed": list(self.removed),
            "changed": [vars(change) for change in self.changed],
        }


def compare(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Difference:
    """The difference of two sets of facts by name of the camera."""
    return Difference(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        tuple(
            Change(name, fact, old[name].get(fact), new[name].get(fact))
            for name in sorted(old.keys() & new.keys())
            for fact in sorted(old[name].keys() | new[name].keys())
            if old[name].get(fact) != new[name].get(fact)
        ),
    )


def compare_records(old: Iterable[CameraRecord], new: Iterable[CameraRecord]) -> Difference:
    """The difference of two inventories, by id; where a fact comes from is no part of it."""
    before, after = ({record.id: record for record in records} for records in (old, new))
    both = [name for name in before.keys() & after.keys() if before[name] != after[name]]
    changed = compare(*({name: _facts(side[name]) for name in both} for side in (before, after)))
    return Difference(
        tuple(sorted(after.keys() - before.keys())), tuple(sorted(before.keys() - after.keys())), changed.changed
    )


def _facts(record: CameraRecord) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_none=True, exclude=_ABOUT)
