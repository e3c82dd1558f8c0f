from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.inventory.survey.measurement import Measured, Measurement
from citycam.wire.payloads import payloads
from citycam.wire.rtp import Packet
from citycam.wire.sps import Picture

SPS = bytes.fromhex("674d401eeca05809360220000003002000000641e2c5b2c0")
PPS = bytes.fromhex("68ef3c80")
KEY, OTHER = 8_000, 1_000
FPS, GOP = 10, 20
TRUE = 8 * (KEY + len(SPS) + len(PPS) + (GOP - 1) * OTHER) * FPS / GOP


def packets(frames: int, first: int = 0, start: int = 4_294_960_000) -> Iterator[Packet]:
    """A stream of groups of 20 frames from frame `first` on; its RTP timestamps wrap."""
    sequence = 65_500
    for frame in range(first, first + frames):
        key = frame % GOP == 0
        units = [SPS, PPS, b"\x65" + bytes(KEY - 1)] if key else [b"\x41" + bytes(OTHER - 1)]
        pieces = payloads("h264", units)
        for place, piece in enumerate(pieces):
            timestamp = (start + frame * 90_000 // FPS) % 2**32
            yield Packet(96, place == len(pieces) - 1, sequence % 2**16, timestamp, 1, piece)
            sequence += 1


def measured(seconds: float, stream: Iterator[Packet], group: int = 0) -> tuple[Measured, int]:
    """The result, and how many packets were needed."""
    measurement = Measurement("h264", 90_000, seconds, group=group)
    count = 0
    for packet in stream:
        if measurement.enough:
            break
        measurement.feed(packet)
        count += 1
    return measurement.result(), count


@given(st.integers(0, GOP - 1), st.sampled_from([1.0, 2.0, 3.5]))
def test_whole_groups_give_the_true_rate_wherever_one_begins(first: int, seconds: float) -> None:
    found, count = measured(seconds, packets(120, first))
    assert found.whole
    assert found.fps == FPS
    assert found.seconds >= seconds
    assert found.bitrate == pytest.approx(TRUE, rel=0.01)  # headers of fragments
    assert found.picture == Picture(704, 576, 25.0)
    assert found.lost == 0
    assert found.packets == count


def test_a_part_of_a_group_gives_it_too_where_its_length_is_known() -> None:
    found, _ = measured(1.0, packets(120), group=GOP)
    assert not found.whole
    assert found.seconds < 1.5
    assert found.bitrate == pytest.approx(TRUE, rel=0.05)


def test_without_its_length_a_part_counts_as_it_came() -> None:
    found, _ = measured(60.0, packets(15))
    assert not found.whole
    assert found.fps == FPS
    assert found.bitrate is not None
    assert found.bitrate > TRUE


def test_what_is_lost_is_counted() -> None:
    stream = [packet for place, packet in enumerate(packets(60)) if place not in (3, 4)]
    found, _ = measured(2.0, iter(stream))
    assert found.lost == 2


def test_nothing_and_too_little_tell_nothing() -> None:
    for count in (0, 1):
        found, _ = measured(2.0, packets(count))
        assert (found.fps, found.bitrate) == (None, None)
    assert measured(2.0, packets(10, first=1))[0].frames == 0, "no key frame came"


def test_of_an_unknown_codec_packets_are_counted() -> None:
    measurement = Measurement("mp4v-es", 90_000, 1.0)
    for frame in range(15):
        measurement.feed(Packet(96, True, frame, frame * 9_000, 1, bytes(500)))
    found = measurement.result()
    assert (found.fps, found.bitrate) == (FPS, 40_000)


@given(st.lists(st.tuples(st.binary(max_size=40), st.integers(0, 2**32 - 1), st.booleans()), max_size=30))
def test_any_packets_are_survived(given_: list[tuple[bytes, int, bool]]) -> None:
    for codec in ("h264", "h265", "mjpeg", "other"):
        measurement = Measurement(codec, 90_000, 1.0, group=3)
        for sequence, (payload, timestamp, marker) in enumerate(given_):
            measurement.feed(Packet(96, marker, sequence, timestamp, 1, payload))
        found = measurement.result()
        assert found.packets == len(given_)
