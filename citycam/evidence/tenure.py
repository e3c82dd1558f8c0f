"""Which node recorded a camera when, and where two recorded the same frames. Pure arithmetic.

A gateway that its node loses goes on at another node: then a camera's recordings lie on both. One machine is one node.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from citycam.evidence.ledger import SECOND
from citycam.evidence.segment import Segment
from citycam.evidence.sequence import Recorded, Window

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

BRIDGE_NS = SECOND
"""Frames recorded twice that are no further apart belong to one overlap, whatever one of the two lost in between."""


@dataclass(frozen=True)
class Tenure:
    """`node` recorded frames first..last, `frames` of them; due from `start_ns` to `stop_ns` (ns since 1970 UTC)."""

    node: str
    first: int
    last: int
    frames: int
    start_ns: int
    stop_ns: int


@dataclass(frozen=True)
class Overlap:
    """Both nodes recorded `frames` frames among first..last; `length_ms` is from the first of them to the last."""

    node: str
    other: str
    first: int
    last: int
    frames: int
    start_ns: int
    length_ms: float


@dataclass(frozen=True)
class Tenures:
    """Who had a camera, in the order of frames, and every overlap."""

    tenures: tuple[Tenure, ...]
    overlaps: tuple[Overlap, ...]


def tenures(segments: Sequence[Segment], rows: Recorded, sound: Flags, state: Window, interval_ns: float) -> Tenures:
    """Of one camera; `sound` samples are the intact ones of frames that were sent."""
    nodes = sorted({one.node for one in segments})
    places = np.array([nodes.index(one.node) for one in segments], np.int64)
    holds = np.zeros((len(nodes), len(state)), np.bool_)
    holds[places[rows.segment[sound]], rows.frame[sound] - state.first] = True
    names = [nodes[place] for place in range(len(nodes))]
    overlaps = [
        one
        for here, there in combinations(range(len(nodes)), 2)
        for one in _overlaps(names[here], names[there], holds[here] & holds[there], state, interval_ns)
    ]
    return Tenures(
        tuple(_tenures(names, holds, state, interval_ns)), tuple(sorted(overlaps, key=lambda one: one.first))
    )


def _tenures(nodes: Sequence[str], holds: Flags, state: Window, interval_ns: float) -> list[Tenure]:
    """A node keeps a camera until a frame is recorded by others alone."""
    known = np.flatnonzero(holds.any(axis=0))
    found: list[Tenure] = []
    at = 0
    while at < len(known):
        # Of several that hold this frame, the one that goes on for longest.
        ends = [_end(holds[node], known, at) for node in range(len(nodes))]
        node = int(np.argmax(ends))
        part = known[at : ends[node]]
        first, last = int(part[0]), int(part[-1])
        found.append(
            Tenure(
                node=nodes[node],
                first=state.first + first,
                last=state.first + last,
                frames=len(part),
                start_ns=int(state.due[first]),
                stop_ns=int(state.due[last] + round(interval_ns)),
            )
        )
        at = ends[node]
    return found


def _end(held: Flags, known: Ints, at: int) -> int:
    """The position after `at` of the first known frame that a node does not hold; `at` if that is this one."""
    lacking = np.flatnonzero(~held[known[at:]])
    return at + int(lacking[0]) if len(lacking) else len(known)


def _overlaps(node: str, other: str, both: Flags, state: Window, interval_ns: float) -> list[Overlap]:
    at = np.flatnonzero(both)
    if not len(at):
        return []
    apart = np.flatnonzero(np.diff(state.due[at]) > BRIDGE_NS + interval_ns) + 1
    return [
        Overlap(
            node=node,
            other=other,
            first=state.first + int(part[0]),
            last=state.first + int(part[-1]),
            frames=len(part),
            start_ns=int(state.due[part[0]]),
            length_ms=(float(state.due[part[-1]] - state.due[part[0]]) + interval_ns) / 1e6,
        )
        for begin, end in pairwise([0, *apart.tolist(), len(at)])
        for part in [at[begin:end]]
    ]
