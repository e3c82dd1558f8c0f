"""Descriptions of every codec: what is described is read back, and odd or broken text never breaks the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire import sdp
from citycam.wire.sdp import Media, SdpSyntaxError, Track

SETS = {"h264": (b"\x67\x42\x00\x1e\xff", b"\x68\xce"), "h265": (b"\x40\x01v", b"\x42\x01s", b"\x44\x01p")}
H264 = Track("h264", "trackID=1", 96, sets=SETS["h264"], fps=25, bandwidth=256_001)
H265 = Track("h265", "trackID=1", 96, sets=SETS["h265"], fps=15)
MJPEG = Track("mjpeg", "track1", 26, fps=5)
PCMU = Track("pcmu", "trackID=2", 0, rate=8000)
PCMA = Track("pcma", "trackID=2", 8, rate=8000)
AAC = Track("aac", "trackID=2", 97, rate=16_000, config=b"\x14\x08")


def text(*tracks: Track, multicast: str = "") -> str:
    return sdp.describe(address="198.18.64.1", name="Camera", session_id=7, tracks=tracks, multicast=multicast)


@pytest.mark.parametrize("video", [H264, H265, MJPEG])
@pytest.mark.parametrize("audio", [None, PCMU, PCMA, AAC])
def test_what_is_described_is_read_back(video: Track, audio: Track | None) -> None:
    tracks = [video, *([audio] if audio else [])]
    found = sdp.parse(text(*tracks))
    assert (found.name, found.control) == ("Camera", "*")
    assert [one.kind for one in found.media] == ["video", "audio"][: len(tracks)]
    for one, track in zip(found.media, tracks, strict=True):
        assert (one.codec, one.control, one.payload_type) == (track.codec, track.control, track.payload_type)
        assert one.clock_rate == (track.rate or 90_000)
        assert (one.parameter_sets, one.config) == (track.sets, track.config)


def test_h264_and_aac_are_described_as_players_want_it() -> None:
    assert text(H264, AAC).split("\r\n") == [
        "v=0",
        "o=- 7 7 IN IP4 198.18.64.1",
        "s=Camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=0-",
        "m=video 0 RTP/AVP 96",
        "b=AS:257",
        "a=rtpmap:96 H264/90000",
        "a=fmtp:96 packetization-mode=1;profile-level-id=42001E;sprop-parameter-sets=Z0IAHv8=,aM4=",
        "a=framerate:25",
        "a=control:trackID=1",
        "m=audio 0 RTP/AVP 97",
        "a=rtpmap:97 MPEG4-GENERIC/16000/1",
        "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;"
        "sizelength=13;indexlength=3;indexdeltalength=3;config=1408",
        "a=control:trackID=2",
        "",
    ]


def test_a_multicast_group_and_its_ports_are_said() -> None:
    found = text(Track("pcma", "a", 8, rate=8000, port=5004), multicast="239.1.2.3/16")
    assert "c=IN IP4 239.1.2.3/16\r\n" in found
    assert "m=audio 5004 RTP/AVP 8\r\n" in found


def test_static_payload_types_need_no_rtpmap() -> None:
    found = sdp.parse("v=0\nm=video 0 RTP/AVP 26\nm=audio 0 RTP/AVP 0\nm=audio 0 RTP/AVP 8\n").media
    assert [(one.codec, one.clock_rate) for one in found] == [("mjpeg", 90_000), ("pcmu", 8000), ("pcma", 8000)]


@pytest.mark.parametrize(
    ("track", "why"),
    [
        (Track("vp8", "a", 98), "cannot be described"),
        (Track("h264", "a", 96, sets=(b"\x67", b"\x68")), "SPS of at least 4 bytes"),
        (Track("h265", "a", 96, sets=SETS["h264"]), "a VPS, an SPS and a PPS"),
        (Track("aac", "a", 97, rate=8000), "AudioSpecificConfig"),
        (Track("pcmu", "a\r\nb", 0), "single lines"),
    ],
)
def test_what_cannot_be_described_is_refused(track: Track, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        text(track)


@pytest.mark.parametrize(
    "fmtp", ["sprop-parameter-sets=!", "sprop-vps=QAF2;sprop-sps=%", "config=14080", "x-config=1408"]
)
def test_parameters_that_cannot_be_read_are_none(fmtp: str) -> None:
    media = Media("video", fmtp=fmtp)
    assert (media.parameter_sets, media.config) == ((), b"")


def test_parameters_may_be_spaced_and_in_any_order() -> None:
    media = Media("video", fmtp="packetization-mode=1; sprop-pps = RAFw; SPROP-SPS=QgFz ;sprop-vps=QAF2")
    assert media.parameter_sets == SETS["h265"]


@given(st.text(max_size=300))
def test_garbage_is_refused_and_nothing_else(garbage: str) -> None:
    for read in (garbage, f"v=0\nm=video 0 RTP/AVP 96\na=fmtp:96 {garbage}\na=rtpmap:96 {garbage}"):
        try:
            found = sdp.parse(read)
        except SdpSyntaxError:
            continue
        for one in found.media:
            assert one.clock_rate > 0
            assert all(value is not None for value in (one.codec, *one.parameter_sets, one.config))
