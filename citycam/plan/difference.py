"""What changed from one plan to another."""

from __future__ import annotations

from collections import Counter
from typing import Any

from citycam.model.documents import Document
from citycam.plan.city import CityPlan, PlannedCamera

NUMBERS = (
    "cameras bitrate gateways nodes cores disks recent_bytes archive_bytes archive_nodes archive_disks city_bitrate"
).split()


class Change(Document):
    """One camera, before and after, in one respect."""

    camera: str
    what: str
    old: str | None
    new: str | None


class Number(Document):
    """A figure of the sizing that changed."""

    name: str
    old: float
    new: float


class PlanDifference(Document):
    """Cameras that came and went, what changed of the others, and the figures.

    `moved` is the share of cameras with a place before that have another gateway now, or none.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changes: tuple[Change, ...]
    moved: float
    gateways_added: tuple[str, ...]
    gateways_removed: tuple[str, ...]
    gateways_to_other_nodes: tuple[str, ...]
    numbers: tuple[Number, ...]
    bottleneck: tuple[str, str] | None
    coefficients: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(
            self.added or self.removed or self.changes or self.gateways_to_other_nodes or self.numbers
            or self.bottleneck or self.coefficients
        )  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How many cameras changed in which respect."""
        return dict(Counter(change.what for change in self.changes))


def compare_plans(old: CityPlan, new: CityPlan) -> PlanDifference:
    """The difference of two plans, by camera id."""
    before, after = old.by_id(), new.by_id()
    both = sorted(before.keys() & after.keys())
    changes = tuple(change for camera in both for change in _changes(before[camera], after[camera]))
    placed = [camera for camera in both if before[camera].gateway]
    moved = sum(change.what == "gateway" and change.old is not None for change in changes)
    homes, now = ({one.name: one.node for one in plan.gateways} for plan in (old, new))
    bottlenecks = (str(old.sizing.bottleneck), str(new.sizing.bottleneck))
    return PlanDifference(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changes=changes,
        moved=moved / len(placed) if placed else 0.0,
        gateways_added=tuple(name for name in now if name not in homes),
        gateways_removed=tuple(name for name in homes if name not in now),
        gateways_to_other_nodes=tuple(name for name in now if name in homes and homes[name] != now[name]),
        numbers=tuple(_numbers(old.sizing.model_dump(), new.sizing.model_dump())),
        bottleneck=bottlenecks if bottlenecks[0] != bottlenecks[1] else None,
        coefficients=_coefficients(old, new),
    )


def _changes(old: PlannedCamera, new: PlannedCamera) -> list[Change]:
    if old == new:
        return []
    found = []
    for name in ("route", "reason", "verdict", "site", "bitrate", "gateway", "phase"):
        one, other = getattr(old, name), getattr(new, name)
        if one != other:
            found.append(Change(camera=old.camera, what=name, old=_text(one), new=_text(other)))
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _numbers(old: dict[str, Any], new: dict[str, Any]) -> list[Number]:
    return [Number(name=name, old=old[name], new=new[name]) for name in NUMBERS if old[name] != new[name]]


def _coefficients(old: CityPlan, new: CityPlan) -> tuple[str, ...]:
    one, other = ({figure.name: figure for figure in plan.coefficients} for plan in (old, new))
    return tuple(name for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name))
