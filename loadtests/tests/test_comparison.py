"""The rules for a played-back clip, on a camera with 10 frames a second and a key frame every 20 (two seconds)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.probes.comparison import Column, Comparison, Flags, compare, compare_counted

PERIOD_NS = 100_000_000
GOP = 20
CAMERA, NAME = 7, "cam-000007"


class Sent:
    """A ledger that knows one camera; some numbers were never sent."""

    def __init__(self, *absent: int) -> None:
        self.absent = absent

    def sent(self, camera: str, start_ns: int, stop_ns: int) -> Column:
        assert camera == NAME
        numbers = np.arange(-(-start_ns // PERIOD_NS), -(-stop_ns // PERIOD_NS))
        return numbers[~np.isin(numbers, self.absent)]


@dataclass
class Clip:
    camera: Column
    frame: Column
    scheduled_ns: Column
    ok: Flags
    key: Flags


def clip(*numbers: int) -> Clip:
    frame = np.array(numbers, np.int64)
    return Clip(np.full(len(frame), CAMERA), frame, frame * PERIOD_NS, np.ones(len(frame), bool), frame % GOP == 0)


def check(frames: Clip, first: int = 105, last: int = 155, ledger: Sent | None = None) -> Comparison:
    return compare(frames, CAMERA, ledger or Sent(), NAME, (first * PERIOD_NS, last * PERIOD_NS))


def played(first: int, last: int) -> Clip:
    """What the playback server returns: from the key frame at or before the interval."""
    return clip(*range(first - first % GOP, last))


@given(first=st.integers(100, 300), length=st.integers(20, 100), shift=st.integers(-5, 5))
def test_what_the_server_returns_is_right_for_any_interval_and_small_shift(first: int, length: int, shift: int) -> None:
    found = check(played(first + shift, first + length + shift), first, first + length)
    assert found.right, found
    assert found.expected == found.found


@given(st.data())
def test_any_missing_frame_is_found(data: st.DataObject) -> None:
    frames = list(range(100, 155))
    gone = data.draw(st.integers(1, len(frames) - 2))
    found = check(clip(*frames[:gone], *frames[gone + 1 :]))
    assert (found.right, found.expected - found.found) == (False, 1)
    assert found.complaints == ("1 frames missing",)


def test_a_clip_that_ends_early_is_incomplete() -> None:
    found = check(played(105, 130))
    assert found.complaints == ("15 frames missing",)  # up to the slack before the interval's end


def test_a_clip_that_begins_late_is_incomplete() -> None:
    assert "5 frames missing" in check(clip(*range(120, 155))).complaints


def test_frames_the_camera_skipped_are_not_asked_for() -> None:
    frames = [number for number in range(100, 155) if number not in (120, 121)]
    assert check(clip(*frames), ledger=Sent(120, 121)).right
    found = check(clip(*range(100, 155)), ledger=Sent(120, 121))
    assert (found.right, found.wrong, found.complaints) == (False, 2, ("2 frames never sent",))


def test_foreign_and_damaged_frames_are_wrong() -> None:
    foreign, damaged = played(105, 155), played(105, 155)
    foreign.camera[10] = 8
    damaged.ok[10] = False
    for frames in (foreign, damaged):
        found = check(frames)
        assert (found.right, found.wrong) == (False, 1)
        assert found.complaints == ("1 frames missing", "1 frames foreign or damaged")


def test_order_counts() -> None:
    found = check(clip(*range(100, 130), 131, 130, *range(132, 155)))
    assert (found.right, found.wrong, found.complaints) == (False, 1, ("1 frames out of order",))


@pytest.mark.parametrize(
    ("frames", "complaint"),
    [
        (clip(*range(80, 155)), ""),  # a second key frame at 100 is within the slack of 105
        (clip(*range(60, 155)), "begins more than one group of pictures before the interval"),
        (clip(*range(101, 155)), "does not begin with a key frame"),
        (clip(*range(100, 170)), "4 frames after the interval"),
    ],
)
def test_the_clip_fits_the_interval(frames: Clip, complaint: str) -> None:
    assert "; ".join(check(frames).complaints) == complaint


def test_nothing_is_never_right() -> None:
    assert not check(clip()).right
    assert not check(clip(), ledger=Sent(*range(90, 170))).right


def counted(numbers: list[int], first: int = 105, last: int = 155, ledger: Sent | None = None) -> Comparison:
    """A clip without watermarks of these frames, as its times tell it."""
    times = (np.array(numbers, np.float64) - numbers[0]) / 10
    return compare_counted(times, 10, ledger or Sent(), NAME, (first * PERIOD_NS, last * PERIOD_NS))


@given(first=st.integers(100, 300), length=st.integers(20, 100), shift=st.integers(-5, 5))
def test_images_of_the_interval_are_right_whatever_the_small_shift(first: int, length: int, shift: int) -> None:
    found = counted(list(range(first + shift, first + length + shift)), first, first + length)
    assert found.right, found


@given(hole=st.integers(106, 140), size=st.integers(1, 14))
def test_a_hole_between_images_is_counted(hole: int, size: int) -> None:
    kept = [number for number in range(105, 155) if not hole <= number < hole + size]
    found = counted(kept)
    assert not found.right
    assert found.complaints[0].endswith("frames missing")
    assert found.expected - found.found == size


@pytest.mark.parametrize(
    ("numbers", "complaint"),
    [
        (list(range(120, 140)), "missing"),
        (list(range(60, 200)), "more than were sent"),
        ([*range(105, 130), 129, *range(130, 155)], "out of order"),
    ],
)
def test_too_few_too_many_and_doubled_images_are_told(numbers: list[int], complaint: str) -> None:
    found = counted(numbers)
    assert not found.right
    assert any(one.endswith(complaint) for one in found.complaints), found
