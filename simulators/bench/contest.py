"""Several servers measured side by side: every round has a run of each, in the other order than the round before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from simulators.bench.load import Peer
from simulators.bench.run import Run


@dataclass(frozen=True, slots=True)
class Entry:
    """A server with the number of cameras that it can bear, and no more than it is fair to ask for."""

    peer: Peer
    cameras: int


def rounds(entries: Sequence[Entry], count: int) -> Iterator[list[Entry]]:
    """The order of each round: what runs first in one runs last in the next."""
    for number in range(count):
        yield list(entries) if number % 2 == 0 else list(reversed(entries))


def contest(entries: Sequence[Entry], count: int, measure: Callable[[Peer, int], Run]) -> dict[str, list[Run]]:
    """`count` runs of each, by the name of its server; the i-th runs of all are of the same round."""
    found: dict[str, list[Run]] = {entry.peer.name: [] for entry in entries}
    for order in rounds(entries, count):
        for entry in order:
            found[entry.peer.name].append(measure(entry.peer, entry.cameras))
    return found


def largest(holds: Callable[[int], bool], candidates: Sequence[int]) -> int:
    """The largest of ascending candidates that holds, by bisection: all below it are taken to hold. 0 if none does."""
    low, high = -1, len(candidates)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(candidates[middle]):
            low = middle
        else:
            high = middle
    return candidates[low] if low >= 0 else 0
