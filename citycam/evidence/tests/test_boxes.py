import pytest

from citycam.evidence.boxes import MalformedSegment, read_header
from citycam.evidence.coding import H264, H265, MJPEG, Coding
from citycam.evidence.tests.recorder import header
from citycam.evidence.tests.scene import HEVC_PPS, HEVC_SPS, PPS, SPS, VPS, Layout


@pytest.mark.parametrize("sound", [False, True])
@pytest.mark.parametrize(
    ("layout", "coding", "sets"),
    [
        (Layout("h264"), H264, (SPS, PPS)),
        (Layout("h265"), H265, (VPS, HEVC_SPS, HEVC_PPS)),
        (Layout("mjpeg"), MJPEG, ()),
    ],
    ids=["h264", "h265", "mjpeg"],
)
def test_a_header_says_how_its_video_is_coded(
    layout: Layout, sound: bool, coding: Coding, sets: tuple[bytes, ...]
) -> None:
    content = header(4000, 3, began_ns=17, layout=Layout(layout.codec, sound))
    found = read_header(memoryview(content))
    assert (found.track, found.timescale, found.coding, found.parameter_sets) == (1, 90_000, coding, sets)
    assert (found.duration_ms, found.number, found.began_ns, found.end) == (4000.0, 3, 17, len(content))


def test_hev1_is_h265_too() -> None:
    content = header(layout=Layout("h265")).replace(b"hvc1", b"hev1")
    assert read_header(memoryview(content)).coding is H265


def test_mp4v_is_mjpeg_only_where_its_descriptor_says_so() -> None:
    mpeg4 = header(layout=Layout("mjpeg")).replace(b"\x6c\x11", b"\x20\x11")
    with pytest.raises(MalformedSegment, match="no track of"):
        read_header(memoryview(mpeg4))


def test_optional_fields_of_a_descriptor_are_passed_over() -> None:
    plain, optional = b"\x03\x80\x80\x80", b"\0\x01\xe0\0\x05\x03url\0\x09"  # depends on 5, a URL, a clock of 9
    content = header(layout=Layout("mjpeg"))
    at = content.index(plain) + 5
    grown = content[:at] + optional + content[at + 3 :]
    for kind in (b"esds", b"mp4v", b"stsd", b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        place = grown.index(kind) - 4
        size = int.from_bytes(grown[place : place + 4], "big") + len(optional) - 3
        grown = grown[:place] + size.to_bytes(4, "big") + grown[place + 4 :]
    assert read_header(memoryview(grown)).coding is MJPEG


@pytest.mark.parametrize("layout", [Layout("h264"), Layout("h265"), Layout("mjpeg")], ids=lambda one: one.codec)
def test_a_header_cut_anywhere_is_malformed(layout: Layout) -> None:
    content = header(layout=layout)
    for end in range(len(content)):
        with pytest.raises(MalformedSegment):
            read_header(memoryview(content[:end]))


def test_a_parameter_set_that_is_longer_than_its_box_is_malformed() -> None:
    content = header(layout=Layout("h265"))
    at = content.index(HEVC_PPS) - 2
    with pytest.raises(MalformedSegment, match="hvcC is damaged"):
        read_header(memoryview(content[:at] + b"\xff\xff" + content[at + 2 :]))
