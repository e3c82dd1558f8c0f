"""Put things into bins so that they stay there: rendezvous hashing with bounded loads, from the plan in force."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]


class Full(Exception):
    """An item fits nowhere; it is the only argument."""


def place(
    weights: Mapping[str, float],
    bins: Sequence[str],
    *,
    limit: float,
    most: float,
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Item → bin. Bins are filled to `limit`; what is `kept` may stay as long as its bin holds at most `most`.

    Everything else goes to the bin that it ranks first and that has room (rendezvous hashing: Thaler and Ravishankar
    1998; bounded loads: Mirrokni, Thorup and Zadimoghaddam 2018). The result does not depend on any order.

    Raises:
        Full: an item has no bin.
    """
    placed = _stay(weights, frozenset(bins), most, kept or {})
    load = dict.fromkeys(bins, 0.0)
    for item, home in placed.items():
        load[home] += weights[item]
    marks = _hashes(bins)
    for item in sorted(weights.keys() - placed.keys(), key=lambda one: (-weights[one], _hash(one))):
        home = _home(item, weights[item], bins, marks, load, limit)
        placed[item] = home
        load[home] += weights[item]
    return placed


def _stay(weights: Mapping[str, float], bins: frozenset[str], most: float, kept: Mapping[str, str]) -> dict[str, str]:
    """What stays where it was. A bin that grew beyond `most` gives its lightest items away, as few as will do."""
    members: dict[str, list[str]] = defaultdict(list)
    for item, home in kept.items():
        if item in weights and home in bins:
            members[home].append(item)
    placed: dict[str, str] = {}
    for home, items in members.items():
        load = 0.0
        for item in sorted(items, key=lambda one: (-weights[one], _hash(one))):
            if load + weights[item] <= most:
                load += weights[item]
                placed[item] = home
    return placed


def _home(item: str, weight: float, bins: Sequence[str], marks: Hashes, load: Mapping[str, float], limit: float) -> str:
    scores = _mix(marks ^ np.uint64(_hash(item)))
    first = bins[int(scores.argmax())]
    if load[first] + weight <= limit:
        return first
    ranked: list[int] = np.argsort(scores)[::-1].tolist()
    for index in ranked:
        if load[bins[index]] + weight <= limit:
            return bins[index]
    raise Full(item)


def _mix(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014): each bit of the input reaches each of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _hashes(names: Iterable[str]) -> Hashes:
    return np.array([_hash(name) for name in names], dtype=np.uint64)


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
