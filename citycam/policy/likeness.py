"""Which proposals belong together: place and time are near, and two of owner, supplier and title agree."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.process import cdist

from citycam.inventory.spelling import fold
from citycam.policy.naming import known_as, same_ward
from citycam.policy.proposal import Proposal, View

_PARTS = re.compile(
    r"\b(giai doan|dot|goi thau|goi|lo|phan|phase|stage|lot|part|package|bo sung|mo rong|dieu chinh|extension)\b"
    r"|\b[ivx]+\b|\d+"
)
_M_PER_DEGREE = 111_195.0

Matrix = np.ndarray[tuple[int, int], np.dtype[np.int8]]


@lru_cache(maxsize=65536)
def core(title: str) -> str:
    """A folded title without numbers and words for parts: what stays when one project is cut into pieces."""
    return " ".join(_PARTS.sub(" ", fold(title)).split())


def kin(proposals: Sequence[Proposal], *, days: int | None, metres: float, title: float) -> list[tuple[int, int]]:
    """Pairs of indices (smaller first, sorted) of proposals that belong together; `days` None is any time."""
    found: set[tuple[int, int]] = set()
    for trait in (lambda one: one.agency, lambda one: one.supplier):
        for block in _blocks(proposals, trait):
            members = [proposals[index] for index in block]
            agree = _agreeing(members, title) >= 2
            if days is not None:
                submitted = np.array([one.submitted.toordinal() for one in members])
                agree &= abs(submitted[:, None] - submitted[None, :]) <= days
            for a, b in np.argwhere(np.triu(agree, 1)).tolist():
                if near(members[a], members[b], metres):
                    found.add((block[a], block[b]))
    return sorted(found)


def near(one: Proposal, other: Proposal, metres: float) -> bool:
    """Whether a camera of one stands within `metres` of one of the other; without positions, same ward and site."""
    if one.views and other.views:
        return any(_apart(a, b) <= metres for a in one.views for b in other.views)
    sites = one.site is None or other.site is None or fold(one.site) == fold(other.site)
    return sites and same_ward(one.ward, other.ward)


def _apart(one: View, other: View) -> float:
    """Metres between neighbours, on a plane."""
    north, east = one.latitude - other.latitude, one.longitude - other.longitude
    return math.hypot(north, east * math.cos(math.radians(one.latitude))) * _M_PER_DEGREE


def groups(pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Connected components of pairs, each sorted, by their first."""
    leader: dict[int, int] = {}

    def find(index: int) -> int:
        while leader.setdefault(index, index) != index:
            index = leader[index]
        return index

    for a, b in pairs:
        one, other = sorted((find(a), find(b)))
        leader[other] = one
    members: dict[int, list[int]] = defaultdict(list)
    for index in sorted(leader):
        members[find(index)].append(index)
    return sorted(members.values())


def _blocks(proposals: Sequence[Proposal], trait: Callable[[Proposal], str | None]) -> Iterator[list[int]]:
    blocks: dict[str, list[int]] = defaultdict(list)
    for index, proposal in enumerate(proposals):
        value = trait(proposal)
        if value is not None:
            blocks[known_as(value)].append(index)
    return (block for block in blocks.values() if len(block) > 1)


def _agreeing(members: Sequence[Proposal], title: float) -> Matrix:
    """How many of owner, supplier and title agree, for every pair."""
    titles = [core(one.title) for one in members]
    alike = cdist(titles, titles, scorer=token_sort_ratio, dtype=np.float32) >= title
    owners, suppliers = (_equal([getattr(one, name) for one in members]) for name in ("agency", "supplier"))
    return np.asarray(alike + owners + suppliers, np.int8)


def _equal(texts: Sequence[str | None]) -> Matrix:
    """Pairs of the same text; what is not given equals nothing."""
    codes: dict[str, int] = {}
    own = np.array([-1 if text is None else codes.setdefault(known_as(text), len(codes)) for text in texts])
    return np.asarray((own[:, None] == own[None, :]) & (own[:, None] >= 0), np.int8)
