"""Where a frame is in its clip, and what came before it: laws that hold for every frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.watermark import media_check
from simulators.fleet.script import Script, filled
from simulators.fleet.tests.clips import make_clip

FPS, GOP, GOPS = 5, 4, 3
HOUR = 3600 * FPS


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return Script(make_clip(tmp_path_factory.mktemp("plain"), fps=FPS, gop=GOP, gops=GOPS, size=3000))


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return Script(make_clip(tmp_path_factory.mktemp("varied"), fps=FPS, gop=GOP, gops=GOPS, size=500, busier=4000))


near_hours = st.builds(lambda hour, off: max(0, hour * HOUR + off), st.integers(0, 60), st.integers(-40, 40))
frames = st.integers(0, 2**33) | near_hours


@given(frame=frames, which=st.sampled_from(["plain", "varied"]))
def test_packets_and_octets_add_up_from_frame_to_frame(plain: Script, varied: Script, frame: int, which: str) -> None:
    script = {"plain": plain, "varied": varied}[which]
    here, following = script.at(frame), script.at(frame + 1)
    assert following.packets == here.packets + here.reel.packets[here.place]
    octets = here.reel.octets_before
    assert following.octets == here.octets + octets[here.place + 1] - octets[here.place]


@given(frame=frames, which=st.sampled_from(["plain", "varied"]))
def test_the_next_key_frame_is_the_first_one(plain: Script, varied: Script, frame: int, which: str) -> None:
    script = {"plain": plain, "varied": varied}[which]
    following = script.next_key(frame)
    assert [number for number in range(frame, following + 1) if script.at(number).key] == [following]
    assert following - frame < GOP


def test_by_the_clock_of_the_city_the_afternoon_is_busier(varied: Script) -> None:
    """Frame 0 is at midnight UTC, 7 h in Hanoi; noon there is 5 h later."""
    usual, busy = varied.reels
    assert varied.at(5 * HOUR - 1).reel is usual
    assert varied.at(5 * HOUR).reel is busy
    assert varied.at(5 * HOUR).key
    assert varied.at(17 * HOUR - 1).reel is busy
    assert varied.at(17 * HOUR).reel is usual
    assert varied.at(24 * HOUR + 5 * HOUR).reel is busy


def test_filled_pictures_are_so_many_times_larger_and_their_checks_hold(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", size=1000)
    large = filled(clip, 4)
    for before, after in zip(clip.reels[0], large.reels[0], strict=True):
        assert after.slices[: len(before.slices)] == before.slices
        assert sum(map(len, after.slices)) == pytest.approx(4 * sum(map(len, before.slices)), abs=4)
        assert after.check == media_check(after.slices)
        assert after.slices[-1][0] & 0x1F == 12  # filler data
    assert filled(clip, 1) is clip


def test_images_have_no_filler(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip", codec="mjpeg")
    assert filled(clip, 4) is clip
