"""PyAV, with a newer libavcodec than the system's, against the fleet."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import cast

import av
import pytest
from av.sidedata.sidedata import SideDataContainer, Type

from citycam.wire import watermark

from .stand import SECONDS, Stand
from .stream import assert_whole, frames_of

pytestmark = pytest.mark.docker


@pytest.mark.parametrize(("number", "transport"), [(3, "tcp"), (4, "udp")])
def test_timestamps_go_on_over_the_end_of_the_clip(stand: Stand, number: int, transport: str) -> None:
    camera = stand.camera(number)
    count = SECONDS * camera.stream.fps + 25
    stream, shown = b"", []
    options = {"rtsp_transport": transport, "err_detect": "explode"}
    with av.open(stand.url(camera), options=options, timeout=20) as source:
        for packet in source.demux(video=0):
            assert not packet.is_corrupt
            stream += bytes(packet)
            shown += packet.decode()  # raises at the first fault
            if len(shown) == count:
                break
        video = source.streams.video[0]
        assert (video.width, video.height) == (camera.stream.width, camera.stream.height)
    assert not any(frame.is_corrupt for frame in shown)
    # FFmpeg gives the first picture of an RTSP stream no time, whoever sent it.
    times = [Fraction(frame.pts or 0) * Fraction(frame.time_base or 0) for frame in shown[1:]]
    assert {later - earlier for earlier, later in pairwise(times)} == {Fraction(1, camera.stream.fps)}
    frames = frames_of(stream, camera.number)
    assert len(frames) >= count
    assert_whole(frames, stand.session(), len(frames))


def test_decoded_pictures_carry_their_watermarks(stand: Stand) -> None:
    camera = stand.camera(3)
    told: list[watermark.Watermark | None] = []
    with av.open(stand.url(camera), options={"rtsp_transport": "tcp"}, timeout=20) as source:
        for frame in source.decode(video=0):
            message = cast(SideDataContainer, frame.side_data)[Type.SEI_UNREGISTERED]
            told.append(watermark.read(watermark.PREFIX[:3] + bytes(message) + watermark.TRAILER))
            if len(told) == 30:
                break
    marks = [mark for mark in told if mark is not None]
    assert {mark.camera for mark in marks} == {camera.number}
    assert_whole([mark.frame for mark in marks], stand.session(), 30)


@pytest.mark.parametrize("number", [1, 2], ids=["basic", "digest"])
def test_a_wrong_password_is_refused(stand: Stand, number: int) -> None:
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(stand.url(stand.camera(number), "wrong"), options={"rtsp_transport": "tcp"}, timeout=20)
    assert stand.sessions() == []
