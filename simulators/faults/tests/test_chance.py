"""Faults that look like chance: the same seed gives the same, another one another, and about as often as asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.faults.fault import Moment, chance, share
from simulators.faults.lose_frames import LoseFrames
from simulators.faults.slow_start import SlowStart
from simulators.faults.squeeze import Squeeze
from simulators.faults.udp_noise import UdpNoise

CAMERAS = frozenset({"cam-000001"})
PACKETS = [bytes([number]) for number in range(8)]


def moment(frame: int, size: int = 1000, camera: str = "cam-000001") -> Moment:
    return Moment(camera, frame, 100, 25.0, size, lambda number: number % 50 == 0)


def lost(fault: LoseFrames | Squeeze, camera: str = "cam-000001", size: int = 1000) -> list[int]:
    return [frame for frame in range(4000) if fault.omits(moment(frame, size, camera))]


@given(st.integers(), st.text(), st.integers())
def test_chance_is_a_share_and_repeats(seed: int, name: str, number: int) -> None:
    found = chance(seed, name, number)
    assert 0 <= found < 1
    assert chance(seed, name, number) == found


def test_a_seed_decides_which_frames_are_lost() -> None:
    fault = LoseFrames(cameras=CAMERAS, part=0.1, seed=7)
    assert lost(fault) == lost(LoseFrames(cameras=CAMERAS, part=0.1, seed=7))
    assert lost(fault) != lost(LoseFrames(cameras=CAMERAS, part=0.1, seed=8))
    assert lost(fault) != lost(fault, "cam-000002")
    assert 300 < len(lost(fault)) < 500


def test_a_squeezed_line_carries_about_its_rate_and_favours_small_frames() -> None:
    fault = Squeeze(cameras=CAMERAS, bitrate=100_000)  # frames of 1000 bytes at 25 fps need 200,000
    assert 1800 < len(lost(fault)) < 2200
    assert lost(fault, size=500) == []
    assert set(lost(fault)) < set(lost(fault, size=4000))


def test_a_slow_start_is_counted_from_the_session_s_first_frame() -> None:
    fault = SlowStart(cameras=CAMERAS, wait=2)
    assert [fault.omits(moment(frame)) for frame in (100, 149, 150, 10_000)] == [True, True, False, False]


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_noise_never_invents_packets(seed: int, frame: int) -> None:
    fault = UdpNoise(cameras=CAMERAS, lose=0.3, double=0.3, reorder=0.3, seed=seed)
    found = fault.mangles(PACKETS, moment(frame))
    assert set(found) <= set(PACKETS)
    assert max((found.count(packet) for packet in found), default=0) <= 2
    assert fault.mangles(PACKETS, moment(frame)) == found


@given(st.integers(0, 10**6))
def test_each_noise_does_only_its_own(frame: int) -> None:
    doubled = UdpNoise(cameras=CAMERAS, double=1).mangles(PACKETS, moment(frame))
    assert doubled == [packet for packet in PACKETS for _ in range(2)]
    assert UdpNoise(cameras=CAMERAS, lose=1).mangles(PACKETS, moment(frame)) == []
    reordered = UdpNoise(cameras=CAMERAS, reorder=0.5).mangles(PACKETS, moment(frame))
    assert sorted(reordered) == PACKETS


@pytest.mark.parametrize("value", [0, -0.1, 1.1, "0.5", None])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="part must be above 0"):
        share("part", value)
