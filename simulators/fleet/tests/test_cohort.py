"""Frame numbers, clocks and bytes of a cohort: laws that hold for every frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import h264, rtp, watermark
from citycam.wire.pictures import AccessUnit
from citycam.wire.rtsp import Decoder, Frame
from simulators.fleet.cohort import PAYLOAD_TYPES, Cohort, Lanes, slots
from simulators.fleet.script import Script
from simulators.fleet.tests.clips import PPS, SOUND, SPS, make_clip
from simulators.rtsp.feed import EPOCH_NS, Feed

FPS, GOP = 25, 5
CAMERA = 123
frames = st.integers(0, 2**33)
phases = st.integers(0, slots(FPS) - 1)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    return Script(make_clip(tmp_path_factory.mktemp("clip"), fps=FPS, gop=GOP, size=3000))


def cohort_of(script: Script, slot: int) -> Cohort:
    return Cohort(script, Feed("clip", slot))


def packets_of(cohort: Cohort, frame: int, omitted: int = 0) -> list[tuple[int, bytes]]:
    """Channel and bytes of everything a frame puts on an RTSP connection."""
    head, tail, size = cohort.render(frame, cohort.scheduled(frame)).stream(Lanes(2), omitted)
    data = head + watermark.camera_part(CAMERA) + tail
    assert len(data) == size
    found = Decoder().feed(data)
    assert all(isinstance(one, Frame) for one in found)
    return [(one.channel, one.payload) for one in found if isinstance(one, Frame)]


@given(frame=frames, slot=phases)
def test_the_frame_of_an_instant_is_the_one_that_is_due(script: Script, frame: int, slot: int) -> None:
    cohort = cohort_of(script, slot)
    due = cohort.scheduled(frame)
    assert cohort.frame_at(due) == frame
    assert cohort.frame_at(due + 1) == frame + 1
    assert cohort.scheduled(frame + 1) - due == pytest.approx(1e9 / FPS, abs=1)


@given(frame=frames, slot=phases)
def test_the_next_key_frame_is_the_first_one(script: Script, frame: int, slot: int) -> None:
    cohort = cohort_of(script, slot)
    keys = [number for number in range(frame, frame + GOP) if cohort.is_key(number)]
    assert [cohort.next_key(frame)] == keys


@given(frame=frames, slot=phases)
def test_sequence_numbers_go_on_where_the_frame_before_ended(script: Script, frame: int, slot: int) -> None:
    cohort = cohort_of(script, slot)
    rendered = cohort.render(frame, 0)
    assert cohort.sequence(frame + 1) == cohort.sequence(frame) + rendered.packets
    assert (cohort.timestamp(frame + 1) - cohort.timestamp(frame)) % 2**32 == 90_000 // FPS


def test_phases_share_a_frame_period_evenly_and_their_key_frames_differ(script: Script) -> None:
    cohorts = [cohort_of(script, slot) for slot in range(slots(FPS))]
    offsets = [cohort.epoch_ns - EPOCH_NS for cohort in cohorts]
    assert offsets == [slot * 40_000_000 // len(cohorts) for slot in range(len(cohorts))]
    assert len({cohort.next_key(0) for cohort in cohorts}) == len(cohorts)
    assert len({cohort.ssrc for cohort in cohorts}) == len(cohorts)


@given(first=st.integers(0, 2**32), slot=phases, omitted=st.integers(0, 100_000))
def test_what_a_reader_unpacks_is_what_the_clip_holds(script: Script, first: int, slot: int, omitted: int) -> None:
    cohort = cohort_of(script, slot)
    first = cohort.next_key(first)
    depacketizer = h264.Depacketizer()
    seen: list[AccessUnit] = []
    for number in range(first, first + 2 * GOP):
        for channel, data in packets_of(cohort, number, omitted):
            if channel == 2:
                packet = rtp.Packet.parse(data)
                assert (packet.payload_type, packet.ssrc) == (PAYLOAD_TYPES["h264"], cohort.ssrc)
                seen += depacketizer.feed(packet)
    assert depacketizer.lost == 0
    assert len(seen) == 2 * GOP
    for number, unit in enumerate(seen, first):
        assert unit.complete
        assert unit.key == cohort.is_key(number)
        units = list(unit.units)
        if unit.key:
            assert units[:2] == [SPS, PPS]
            del units[:2]
        mark = watermark.read(units[0])
        due = cohort.scheduled(number)
        assert mark == watermark.Watermark(CAMERA, number, due, due, watermark.media_check(units[1:]))


@given(frame=frames, slot=phases, omitted=st.integers(0, 70_000))
def test_udp_carries_the_same_packets_as_tcp(script: Script, frame: int, slot: int, omitted: int) -> None:
    cohort = cohort_of(script, slot)
    before, head, mark, after = cohort.render(frame, cohort.scheduled(frame)).datagrams(omitted)
    datagrams = [*before, head + watermark.camera_part(CAMERA) + mark, *after]
    assert datagrams == [data for channel, data in packets_of(cohort, frame, omitted) if channel == 2]


def test_frames_left_out_leave_no_gap_in_sequence_numbers(script: Script) -> None:
    cohort = cohort_of(script, 0)
    left_out = cohort.render(11, 0).packets
    last = [rtp.Packet.parse(data) for channel, data in packets_of(cohort, 10) if channel == 2][-1]
    following = next(rtp.Packet.parse(data) for channel, data in packets_of(cohort, 12, left_out) if channel == 2)
    assert following.sequence == (last.sequence + 1) % 2**16


@given(frame=st.integers(0, 2**31), slot=phases)
def test_a_sender_report_comes_with_each_key_frame_and_tells_its_wall_clock(
    script: Script, frame: int, slot: int
) -> None:
    cohort = cohort_of(script, slot)
    reports = [data for channel, data in packets_of(cohort, frame) if channel == 3]
    assert len(reports) == cohort.is_key(frame)
    for data in reports:
        report = rtp.SenderReport.parse(data)
        assert report is not None
        assert (report.ssrc, report.timestamp) == (cohort.ssrc, cohort.timestamp(frame))
        assert abs(report.wall_ns - cohort.scheduled(frame)) <= 1
        assert report.packets == cohort.sequence(frame + 1) % 2**32


@pytest.mark.parametrize(("codec", "marked"), [("aac", True), ("pcmu", False)])
def test_packets_of_whole_access_units_are_marked(tmp_path: Path, codec: str, marked: bool) -> None:
    """RFC 3640 3.1: without the mark a receiver takes each for a fragment and waits for the rest."""
    audio = replace(SOUND, codec=codec)  # type: ignore[arg-type]
    sound = Cohort(Script(make_clip(tmp_path / "loud", audio=audio)), Feed("loud", 0)).sound
    assert sound is not None
    packets = [rtp.Packet.parse(packet) for packet in sound.packets(1000) + sound.packets(1001)]
    assert [packet.marker for packet in packets] == [marked] * 2
