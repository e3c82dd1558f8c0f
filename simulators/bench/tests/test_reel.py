from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import watermark
from simulators.bench.player import control
from simulators.bench.reel import annexb, unmarked
from simulators.fleet.cohort import Cohort, Lanes
from simulators.fleet.script import Script
from simulators.media.clip import Clip, Unit
from simulators.rtsp.feed import Feed

KEY = Unit.of((b"\x65" + bytes(3000),), key=True)
NEXT = Unit.of((b"\x41" + bytes(40),), key=False)
CLIP = Clip("clip", "h264", (b"\x67sps", b"\x68pps"), 10, ((KEY, NEXT),))


def packets(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at:end])
        at = end
    assert at == len(data)
    return found


@given(st.integers(0, 2**35 - 1))
def test_a_frame_without_watermark_is_the_others_packets(frame: int) -> None:
    cohort = Cohort(Script(CLIP), Feed("clip", 0))
    head, tail, size = cohort.render(frame, 0).stream(Lanes(), 0)
    marked = packets(head + watermark.camera_part(7) + tail)
    assert sum(map(len, marked)) == size
    whole, rest = unmarked(head, tail)
    assert rest == b""
    assert packets(whole) == [packet for packet in marked if watermark.UUID not in packet]


def test_parameter_sets_come_before_every_key_frame() -> None:
    start = b"\x00\x00\x00\x01"
    assert annexb(CLIP) == b"".join(start + piece for piece in (b"\x67sps", b"\x68pps", *KEY.slices, *NEXT.slices))


@pytest.mark.parametrize(
    ("description", "url"),
    [
        (
            "m=video 0 RTP/AVP 96\na=control:trackID=1\nm=audio 0 RTP/AVP 0\na=control:trackID=2\n",
            "rtsp://a/b/trackID=1",
        ),
        ("m=audio 0 RTP/AVP 0\na=control:x\nm=video 0 RTP/AVP 96\na=control:rtsp://a/c\n", "rtsp://a/c"),
        ("a=control:*\nm=video 0 RTP/AVP 96\n", "rtsp://a/b/"),
    ],
)
def test_pictures_are_set_up_where_the_description_says(description: str, url: str) -> None:
    assert control(description, "rtsp://a/b/") == url
