"""What to share instead of buying: overlaps by proposal, the surest first, each with the cameras to ask for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from citycam.policy.eyes import Eyes, Wishes
from citycam.policy.overlap import Overlap
from citycam.policy.proposal import Proposal

ENOUGH = 0.8
"""From this share on, what is proposed is as good as there."""
LEAST_SHARE = 0.01
MOST_CAMERAS = 10
"""Cameras named for one view, the best first."""


class Advice(StrEnum):
    """What the overlap suggests; a person decides."""

    SHARE = "share instead of buying"
    LOOK = "look on the spot first"
    PARTLY = "partly covered"
    NONE = "not covered"


@dataclass(frozen=True)
class Seer:
    """An existing camera that sees ground of a view: parts of that ground, metres away, pixels per metre if known."""

    camera: str
    agency: str
    stated: float
    most: float
    metres: float
    density: float | None


@dataclass(frozen=True)
class Coverage:
    """One proposal: shares of all its views together, by their areas, and who sees them. `views` are their indices."""

    proposal: Proposal
    views: tuple[int, ...]
    least: float
    stated: float
    most: float
    advice: Advice
    assumed: tuple[str, ...]
    seers: tuple[Seer, ...]

    def as_data(self) -> dict[str, object]:
        """As JSON, with shares to four digits."""
        return {
            "proposal": self.proposal.id,
            "title": self.proposal.title,
            "agency": self.proposal.agency,
            "task": self.proposal.task,
            "pixels_per_metre_needed": self.proposal.task.pixels_per_metre if self.proposal.task else None,
            "covered": {name: round(getattr(self, name), 4) for name in ("least", "stated", "most")},
            "advice": self.advice,
            "assumed": list(self.assumed),
            "seen_by": [
                {
                    "camera": one.camera,
                    "agency": one.agency,
                    "covered": {"stated": round(one.stated, 4), "most": round(one.most, 4)},
                    "metres": round(one.metres, 1),
                    "pixels_per_metre": None if one.density is None else round(one.density, 1),
                }
                for one in self.seers
            ],
        }


def coverages(proposals: Sequence[Proposal], wishes: Wishes, eyes: Eyes, overlap: Overlap) -> list[Coverage]:
    """One for each proposal that has a view, ranked: what is covered most surely comes first, then by id."""
    area = wishes.area()
    owner = np.asarray(wishes.owner, np.int64)
    seers = _seers(eyes, overlap)
    found = []
    for index in sorted(set(wishes.owner)):
        first, last = np.searchsorted(owner, [index, index + 1]).tolist()  # owners are sorted
        views = range(first, last)
        weights = area[first:last] / area[first:last].sum()
        least, stated, most = (
            float(np.dot(weights, share[first:last]))
            for share in (overlap.shares.least, overlap.shares.stated, overlap.shares.most)
        )
        assumed = tuple(dict.fromkeys(name for view in views for name in wishes.assumed[view]))
        named = tuple(one for view in views for one in seers.get(view, ()))
        advice = _advice(least, stated, most)
        found.append(Coverage(proposals[index], tuple(views), least, stated, most, advice, assumed, named))
    return sorted(found, key=_rank)


def _rank(one: Coverage) -> tuple[float, float, float, str]:
    return -round(one.least, 4), -round(one.stated, 4), -round(one.most, 4), one.proposal.id


def _advice(least: float, stated: float, most: float) -> Advice:
    if least >= ENOUGH:
        return Advice.SHARE
    if most >= ENOUGH:
        return Advice.LOOK
    return Advice.PARTLY if max(stated, most) >= LEAST_SHARE else Advice.NONE


def _seers(eyes: Eyes, overlap: Overlap) -> dict[int, list[Seer]]:
    pairs = overlap.pairs
    order = np.lexsort((pairs.camera, -pairs.most, -pairs.stated, pairs.view))
    found: dict[int, list[Seer]] = {}
    for at in order.tolist():
        if pairs.most[at] < LEAST_SHARE:
            continue
        named = found.setdefault(int(pairs.view[at]), [])
        if len(named) < MOST_CAMERAS:
            record = eyes.records[pairs.camera[at]]
            density = float(pairs.density[at])
            named.append(
                Seer(
                    record.id,
                    record.agency,
                    float(pairs.stated[at]),
                    float(pairs.most[at]),
                    float(pairs.metres[at]),
                    density if math.isfinite(density) else None,
                )
            )
    return found
