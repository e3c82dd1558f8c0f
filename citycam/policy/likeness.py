"""Which proposals belong together: place and time are near, and two of owner, supplier and title agree.

Kin of a proposal have its owner or its supplier, so proposals are compared in blocks of one owner or one supplier, each
as a matrix: thousands of pieces of one project are no harder than as many strangers.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.fuzz import token_sort_ratio
from rapidfuzz.process import cdist

from citycam.inventory.spelling import fold
from citycam.policy.ground import to_plane
from citycam.policy.naming import known_as, same_ward
from citycam.policy.proposal import Proposal

_PARTS = re.compile(
    r"\b(giai doan|dot|goi thau|goi|lo|phan|phase|stage|lot|part|package|bo sung|mo rong|dieu chinh|extension)\b"
    r"|\b[ivx]+\b|\d+"
)

Matrix = NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """Proposals of one owner or supplier: their indices (n,) in the order of their ids, and who is whose kin (n, n)."""

    members: NDArray[np.int64]
    kin: Matrix


@lru_cache(maxsize=65536)
def core(title: str) -> str:
    """A folded title without numbers and words for parts: what stays when one project is cut into pieces."""
    return " ".join(_PARTS.sub(" ", fold(title)).split())


def blocks(proposals: Sequence[Proposal], *, days: int | None, metres: float, title: float) -> Iterator[Block]:
    """Everybody's kin; a project and its extension are not. `days` None is any time, `title` a likeness up to 100."""
    for trait in (lambda one: one.agency, lambda one: one.supplier):
        for indices in _sharing(proposals, trait):
            members = [proposals[index] for index in indices]
            kin = _agreeing(members, title) >= 2
            if days is not None:
                submitted = np.array([one.submitted.toordinal() for one in members])
                kin &= abs(submitted[:, None] - submitted) <= days
            np.fill_diagonal(kin, False)
            place = {one.id: at for at, one in enumerate(members)}
            for at, one in enumerate(members):
                if one.extends in place:
                    kin[at, place[one.extends]] = kin[place[one.extends], at] = False
            if kin.any():
                yield Block(np.array(indices), kin & near(members, metres))


def near(members: Sequence[Proposal], metres: float) -> Matrix:
    """Pairs of which two cameras stand within `metres`; where one has no position, pairs of one ward and site."""
    count = len(members)
    placed = np.array([bool(one.views) for one in members])
    owner = np.repeat(np.arange(count), [len(one.views) for one in members])
    views = [view for one in members for view in one.views]
    east, north, _ = to_plane(
        np.array([view.latitude for view in views], float), np.array([view.longitude for view in views], float)
    )
    first = np.searchsorted(owner, np.arange(count))
    close = np.zeros((count, count), bool)
    for at in np.flatnonzero(placed).tolist():
        own = slice(first[at], first[at] + len(members[at].views))
        apart = np.hypot(east[own, None] - east, north[own, None] - north).min(axis=0)
        close[at, placed] = np.logical_or.reduceat(apart <= metres, first[placed])
    return np.asarray(np.where(placed[:, None] & placed, close, _same_place(members)))


def groups(found: Iterable[Block]) -> list[list[int]]:
    """Indices of proposals that are kin of kin, each group sorted, by their first."""
    leader: dict[int, int] = {}

    def find(index: int) -> int:
        while leader.setdefault(index, index) != index:
            index = leader[index]
        return index

    for block in found:
        for part in _components(block.kin):
            indices = block.members[part].tolist()
            least = min(find(index) for index in indices)
            for index in indices:
                leader[find(index)] = least
    joined: dict[int, list[int]] = defaultdict(list)
    for index in sorted(leader):
        joined[find(index)].append(index)
    return sorted(joined.values())


def _components(kin: Matrix) -> Iterator[NDArray[np.int64]]:
    """Connected parts of a symmetric matrix, of two or more."""
    waiting = kin.any(axis=0)
    while waiting.any():
        part = np.zeros(len(kin), bool)
        edge = np.zeros(len(kin), bool)
        edge[np.argmax(waiting)] = True
        while edge.any():
            part |= edge
            edge = kin[edge].any(axis=0) & ~part
        waiting &= ~part
        yield np.flatnonzero(part)


def _sharing(proposals: Sequence[Proposal], trait: Callable[[Proposal], str | None]) -> Iterator[list[int]]:
    """Indices of two or more proposals with the same owner, or supplier, in the order of their ids."""
    found: dict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(proposals)), key=lambda at: proposals[at].id):
        value = trait(proposals[index])
        if value is not None:
            found[known_as(value)].append(index)
    return (block for block in found.values() if len(block) > 1)


def _agreeing(members: Sequence[Proposal], title: float) -> NDArray[np.int8]:
    """How many of owner, supplier and title agree, for every pair."""
    titles = [core(one.title) for one in members]
    kinds = sorted(set(titles))
    of = np.searchsorted(kinds, titles)
    alike = (cdist(kinds, kinds, scorer=token_sort_ratio, dtype=np.float32) >= title)[np.ix_(of, of)]
    owners, suppliers = (_equal([getattr(one, name) for one in members]) for name in ("agency", "supplier"))
    return np.asarray(alike.astype(np.int8) + owners + suppliers)


def _equal(names: Sequence[str | None]) -> Matrix:
    """Pairs of the same name; what is not given equals nothing."""
    codes: dict[str, int] = {}
    own = np.array([-1 if name is None else codes.setdefault(known_as(name), len(codes)) for name in names])
    return np.asarray((own[:, None] == own) & (own >= 0))


def _same_place(members: Sequence[Proposal]) -> Matrix:
    """Pairs of one ward whose sites are the same or not given."""
    wards = sorted({one.ward for one in members if one.ward is not None})
    table = np.array([[same_ward(one, other) for other in [*wards, None]] for one in [*wards, None]])
    ward = np.array([len(wards) if one.ward is None else wards.index(one.ward) for one in members])
    sites: dict[str, int] = {}
    site = np.array([-1 if one.site is None else sites.setdefault(fold(one.site), len(sites)) for one in members])
    return np.asarray(table[np.ix_(ward, ward)] & ((site[:, None] == site) | (site[:, None] < 0) | (site < 0)))
