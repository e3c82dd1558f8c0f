import random
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.evidence import fmp4
from citycam.evidence.ledger import Clock
from citycam.evidence.tests.recorder import EPOCH_NS, header, part, segment
from citycam.evidence.tests.scene import PPS, SPS, TIMESCALE, Layout, Sample, Scene, avcc

CLOCK = Clock(EPOCH_NS, 10, 1)
SAMPLES = Scene().samples(7, 100, 140, CLOCK)
WHOLE = segment(SAMPLES, number=3)
LAYOUTS = [Layout("h264"), Layout("h265"), Layout("mjpeg"), Layout("h265", sound=True), Layout("h264", sound=True)]
OTHER = Scene(layout=LAYOUTS[3], shifts=(1, 3, 0, 0)).samples(7, 100, 140, CLOCK)
OTHER_WHOLE = segment(OTHER, number=3, layout=LAYOUTS[3])


def test_columns_of_a_sound_segment() -> None:
    frames = fmp4.read_frames(WHOLE)
    assert frames.frame.tolist() == list(range(100, 140))
    assert set(frames.camera.tolist()) == {7}
    assert frames.scheduled_ns.tolist() == [EPOCH_NS + number * 10**8 for number in range(100, 140)]
    assert (frames.sent_ns - frames.scheduled_ns).tolist() == [1_000_000] * 40
    assert frames.ok.all()
    assert frames.named.all()
    assert frames.key.nonzero()[0].tolist() == [0, 20]
    assert frames.decode_time_s.tolist() == pytest.approx([number / 10 for number in range(40)])
    assert (frames.complete, frames.notes, frames.bytes) == (True, (), len(WHOLE))
    assert (frames.header.number, frames.header.duration_ms) == (3, 4000.0)
    assert frames.header.lead == avcc([SPS, PPS])
    for offset, size, sample in zip(frames.offset, frames.size, SAMPLES, strict=True):
        assert WHOLE[offset : offset + size] == sample.payload


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_an_independent_reader_sees_the_same_samples(tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "segment.mp4"
    path.write_bytes(segment(Scene(layout=layout).samples(7, 100, 140, CLOCK), layout=layout))
    frames = fmp4.read_frames(path)
    assert len(frames) == frames.ok.sum() == 40
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.size for packet in packets] == frames.size.tolist()
    assert [packet.is_keyframe for packet in packets] == frames.key.tolist()
    times = [(packet.dts or 0) / TIMESCALE for packet in packets]
    assert times == pytest.approx(frames.decode_time_s.tolist())


def test_closed_means_the_duration_is_written(tmp_path: Path) -> None:
    for closed in (True, False):
        path = tmp_path / "segment.mp4"
        path.write_bytes(segment(SAMPLES, closed=closed))
        assert fmp4.is_closed(path) is closed
    path.write_bytes(b"")
    assert not fmp4.is_closed(path)


def test_a_sound_archive_cut_anywhere_gives_the_frames_that_are_whole() -> None:
    ends = [WHOLE.index(sample.payload) + len(sample.payload) for sample in SAMPLES]
    chance = random.Random(1)
    for size in [chance.randrange(len(header()), len(WHOLE)) for _ in range(300)]:
        frames = fmp4.read_frames(WHOLE[:size])
        assert frames.frame.tolist() == [100 + at for at, end in enumerate(ends) if end <= size], size
        assert frames.ok.all()


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=200))
@settings(deadline=None, max_examples=300)
def test_no_garbage_makes_it_fail_or_invent_frames(at: int, garbage: bytes) -> None:
    spoilt = WHOLE[:at] + garbage + WHOLE[at + len(garbage) :]
    try:
        frames = fmp4.read_frames(spoilt)
    except fmp4.MalformedSegment:
        assert at < len(header())
        return
    assert set(frames.frame[frames.ok].tolist()) <= set(range(100, 140))
    assert int(frames.ok.sum()) <= 40


@given(st.integers(len(header(layout=LAYOUTS[3])), len(OTHER_WHOLE) - 1), st.binary(min_size=1, max_size=200))
@settings(deadline=None, max_examples=200)
def test_no_garbage_invents_frames_of_other_codecs(at: int, garbage: bytes) -> None:
    frames = fmp4.read_frames(OTHER_WHOLE[:at] + garbage + OTHER_WHOLE[at + len(garbage) :])
    assert set(frames.frame[frames.ok].tolist()) <= set(range(100, 140))
    assert int(frames.ok.sum()) <= 40


@given(st.binary(max_size=600))
@settings(deadline=None)
def test_what_is_no_segment_is_malformed(content: bytes) -> None:
    with pytest.raises(fmp4.MalformedSegment):
        fmp4.read_frames(content)


def test_an_impossible_time_is_damage() -> None:
    at = WHOLE.index(b"tfdt", len(header())) + 8
    frames = fmp4.read_frames(WHOLE[:at] + b"\xff" + WHOLE[at + 1 :])
    assert frames.frame.tolist() == list(range(110, 140))
    assert "impossible" in frames.notes[0]


def test_damage_between_fragments_costs_only_that_fragment() -> None:
    first = part(SAMPLES[:10])
    spoilt = header(4000) + b"\xff" * 40 + first[40:] + part(SAMPLES[10:20], 1)
    frames = fmp4.read_frames(spoilt)
    assert frames.frame.tolist() == list(range(110, 120))
    assert not frames.complete
    assert "damaged at byte" in frames.notes[0]


def test_frames_of_no_citycam_camera_are_read_and_unnamed() -> None:
    samples = [
        Sample(avcc([SPS, PPS, b"\x65" + bytes(300)]), True, 0, 9000),
        Sample(b"\0\0\0\1\x41", False, 9000, 9000),
    ]
    frames = fmp4.read_frames(segment(samples))
    assert len(frames) == 2
    assert not frames.named.any()
    assert not frames.ok.any()
    assert frames.frame.tolist() == frames.camera.tolist() == [-1, -1]


def test_a_file_without_frames_is_a_segment_all_the_same() -> None:
    frames = fmp4.read_frames(segment([]))
    assert len(frames) == 0
    assert frames.complete


def test_one_buffer_serves_files_of_any_size(tmp_path: Path) -> None:
    buffer = fmp4.Buffer()
    large = segment([Sample(bytes(3 << 20), False, 0, TIMESCALE), *SAMPLES])
    for content in (WHOLE, large, WHOLE):
        path = tmp_path / "segment.mp4"
        path.write_bytes(content)
        assert fmp4.scan(path, buffer).bytes == len(content)
