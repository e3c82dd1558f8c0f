"""Which frames are left out: never a key frame, as many as asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.drop_frames import DropFrames
from simulators.faults.fault import Moment

CAMERAS = frozenset({"cam-000001"})


def moment(frame: int, is_key: Callable[[int], bool]) -> Moment:
    return Moment("cam-000001", frame, 0, 25.0, 1000, is_key)


@given(every=st.integers(2, 60), gop=st.integers(2, 60), frame=st.integers(0, 10**9))
def test_a_key_frame_that_others_need_is_never_left_out(every: int, gop: int, frame: int) -> None:
    key = frame - frame % gop
    assert not DropFrames(cameras=CAMERAS, every=every).omits(moment(key, lambda number: number % gop == 0))


@given(every=st.integers(3, 60), gop=st.integers(3, 60))
def test_one_frame_is_left_out_of_every_n(every: int, gop: int) -> None:
    fault = DropFrames(cameras=CAMERAS, every=every)
    frames = every * gop * 2
    omitted = sum(fault.omits(moment(frame, lambda number: number % gop == 0)) for frame in range(1, frames + 1))
    assert omitted == frames // every


def test_the_frame_after_a_key_frame_is_left_out_in_its_stead() -> None:
    fault = DropFrames(cameras=CAMERAS, every=5)
    omitted = [frame for frame in range(1, 21) if fault.omits(moment(frame, lambda number: number == 9))]
    assert omitted == [4, 10, 14, 19]


@pytest.mark.parametrize("every", [1, 0, -3, 2.5, "5", None])
def test_a_number_that_makes_no_sense_is_refused(every: object) -> None:
    with pytest.raises(ValueError, match="every must be a whole number of at least 2"):
        DropFrames(cameras=CAMERAS, every=every)  # type: ignore[arg-type]


def test_a_stream_of_key_frames_alone_loses_some_too() -> None:
    fault = DropFrames(cameras=CAMERAS, every=4)
    assert [frame for frame in range(1, 10) if fault.omits(moment(frame, lambda _: True))] == [4, 8]


def test_the_ledger_must_not_tell_of_it() -> None:
    assert not DropFrames.honest
