"""What the fleet counted between two looks at it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.evidence.punctuality import LAST_BIN, Count, punctuality


def shard(before: Count | None, after: Count | None, seconds: float = 10.0) -> dict[str, Any]:
    """The only one of a fleet."""
    looks = [{"fleet/1": look} if look else {} for look in (before, after)]
    (one,) = punctuality(looks[0], looks[1], seconds)["shards"]
    return dict(one)


def test_only_what_was_counted_between_the_looks_counts() -> None:
    before = Count(1.0, 2.0, {0: 50, 4000: 900})
    after = Count(1.0, 6.0, {0: 148, 30: 1, 4000: 901})
    assert shard(before, after) == {"shard": "fleet/1", "frames": 100, "p99_s": 0.0031, "cores": 0.4, "why": ""}


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (Count(1.0, 2.0, {0: 5}), Count(9.0, 3.0, {0: 500}), "it ended or was started anew"),
        (Count(1.0, 2.0, {0: 5}), None, "it ended or was started anew"),
        (None, Count(1.0, 2.0, {0: 5}), "it ended or was started anew"),
        (Count(1.0, 2.0, {0: 5}), Count(1.0, 3.0, {0: 5}), "it sent no frame"),
        (Count(1.0, 2.0, {}), Count(1.0, 3.0, {LAST_BIN: 5}), "frames were a second late or more"),
    ],
)
def test_what_is_not_known_is_said(before: Count | None, after: Count | None, why: str) -> None:
    one = shard(before, after)
    assert (one["p99_s"], one["why"]) == (None, why)


@given(st.dictionaries(st.integers(0, LAST_BIN - 1), st.integers(1, 1000), min_size=1))
def test_99_of_100_frames_are_no_later_than_said_and_not_all_without_that_bin(late: dict[int, int]) -> None:
    said = round(shard(Count(1.0, 0.0, {}), Count(1.0, 1.0, late))["p99_s"] / 0.0001)
    total = sum(late.values())
    assert sum(frames for place, frames in late.items() if place < said) * 100 >= total * 99
    assert sum(frames for place, frames in late.items() if place < said - 1) * 100 < total * 99


def test_a_count_is_read_as_the_fleet_tells_it() -> None:
    told = {"started": 1.5, "cpu_seconds": 2.0, "max_ns": 7, "bins": {"3": 4}}
    assert Count.of(told) == Count(1.5, 2.0, {3: 4})
