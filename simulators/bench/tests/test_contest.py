from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.bench.contest import Entry, contest, largest, rounds
from simulators.bench.load import Peer
from simulators.bench.run import Run

from .runs import RUN, Named


def test_the_order_is_turned_round_every_round() -> None:
    entries = [Entry(Named("a"), 1), Entry(Named("b"), 2), Entry(Named("c"), 3)]
    orders = [[entry.peer.name for entry in order] for order in rounds(entries, 3)]
    assert orders == [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]]


def test_runs_of_a_round_stand_at_the_same_place() -> None:
    measured: list[tuple[str, int]] = []

    def measure(peer: Peer, cameras: int) -> Run:
        measured.append((peer.name, cameras))
        return replace(RUN, peer=peer.name, frames=len(measured))

    found = contest([Entry(Named("a"), 10), Entry(Named("b"), 20)], 2, measure)
    assert measured == [("a", 10), ("b", 20), ("b", 20), ("a", 10)]
    assert [run.frames for run in found["a"]] == [1, 4]
    assert [run.frames for run in found["b"]] == [2, 3]


@dataclass
class Limit:
    most: int
    asked: int = 0

    def holds(self, cameras: int) -> bool:
        self.asked += 1
        return cameras <= self.most


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=40, unique=True).map(sorted), st.integers(0, 20_000))
def test_the_largest_that_holds_is_found_by_bisection(candidates: list[int], most: int) -> None:
    limit = Limit(most)
    assert largest(limit.holds, candidates) == max((one for one in candidates if one <= most), default=0)
    assert limit.asked <= len(candidates).bit_length()


@pytest.mark.parametrize("held", [True, False])
def test_one_candidate_is_asked_once(held: bool) -> None:
    assert largest(lambda _: held, [7000]) == (7000 if held else 0)
