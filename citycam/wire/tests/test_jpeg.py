"""JPEG images survive RFC 2435, their headers put back; what it cannot carry is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.jpeg import Depacketizer, Image, JpegSyntaxError, packetize
from citycam.wire.tests.test_payloads import fed, packets

tables = st.binary(min_size=64, max_size=64)
blocks = st.integers(1, 255).map(lambda count: count * 8)
# In entropy-coded data FF is followed by 00, or by a restart marker (ITU-T T.81 B.1.1.5).
scans = st.binary(min_size=1, max_size=5000).map(lambda data: data.replace(b"\xff", b"\xff\x00"))
images = st.builds(Image, st.sampled_from([0, 1]), blocks, blocks, tables, tables, st.integers(0, 500), scans)
PLAIN = Image(1, 704, 576, bytes(range(64)), bytes(range(1, 65)), 0, b"picture" * 300)


@given(images)
def test_an_image_is_taken_apart_and_put_together(image: Image) -> None:
    assert Image.parse(image.encode()) == image


@given(images, st.integers(200, 1500), st.integers(0, 0xFFFF))
def test_an_image_survives_packets(image: Image, limit: int, sequence: int) -> None:
    parts = packetize(image.encode(), limit)
    assert all(len(part) <= limit for part in parts)
    (got,) = fed(Depacketizer(), packets(parts, sequence))
    assert (got.units, got.complete, got.key) == ((image.encode(),), True, True)


def test_headers_are_those_of_rfc_2435() -> None:
    first, second = packetize(replace(PLAIN, restart=44).encode())
    assert first[:12] == bytes((0, 0, 0, 0, 65, 255, 88, 72, 0, 44, 0xFF, 0xFF))
    assert first[12:16] == bytes((0, 0, 0, 128))
    assert first[16:144] == PLAIN.luma + PLAIN.chroma
    assert int.from_bytes(second[1:4], "big") == len(first) - 144
    assert second[4:12] == first[4:12]


@given(images, st.data())
def test_a_lost_or_cut_packet_is_noticed(image: Image, data: st.DataObject) -> None:
    sent = packets(packetize(image.encode(), 300))
    sent += packets(packetize(PLAIN.encode(), 300), len(sent), 99)
    at = data.draw(st.integers(0, len(sent) - 2))
    if data.draw(st.booleans()):
        del sent[at]
    else:
        sent[at] = replace(sent[at], payload=sent[at].payload[: data.draw(st.integers(0, 7))])
    whole = [one for one in fed(Depacketizer(), sent) if one.complete]
    assert len(whole) <= 1
    assert all(one.units[0] in (image.encode(), PLAIN.encode()) for one in whole)


def test_pictures_go_on_after_a_loss() -> None:
    sent = [packet for time in range(4) for packet in packets(packetize(PLAIN.encode()), 2 * time, time)]
    got = fed(Depacketizer(), [*sent[:2], *sent[3:]])
    assert [one.timestamp for one in got if one.complete] == [0, 2, 3]


def test_an_end_marker_in_the_packets_is_not_doubled() -> None:
    parts = packetize(PLAIN.encode())
    (got,) = fed(Depacketizer(), packets([*parts[:-1], parts[-1] + b"\xff\xd9"]))
    assert got.units == (PLAIN.encode(),)


def test_tables_that_are_not_in_band_are_damage() -> None:
    (first, *rest) = packetize(PLAIN.encode())
    for quality in (1, 99, 127):
        bare = first[:5] + bytes((quality,)) + first[6:]
        assert not any(one.complete for one in fed(Depacketizer(), packets([bare, *rest])))


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def test_comments_and_fill_bytes_are_skipped_and_one_table_may_serve_both() -> None:
    data = PLAIN.encode()
    assert Image.parse(data[:2] + segment(0xFE, b"camera") + b"\xff\xff" + data[2:]) == PLAIN
    both = data.replace(segment(0xDB, b"\x01" + PLAIN.chroma), b"").replace(
        b"\x02\x11\x01\x03\x11\x01", b"\x02\x11\x00\x03\x11\x00"
    )
    assert Image.parse(both) == replace(PLAIN, chroma=PLAIN.luma)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"\xff\xd8", b"\xff\xd9", "does not begin"),
        (b"\xff\xc0", b"\xff\xc2", "only baseline"),
        (b"\x03\x01\x22\x00", b"\x03\x01\x11\x00", "neither 4:2:2 nor 4:2:0"),
        (b"\xff\xc0\x00\x11\x08", b"\xff\xc0\x00\x11\x0c", "no frame of three components"),
        (segment(0xDB, b"\x01" + PLAIN.chroma), b"", "a quantisation table is missing"),
        (segment(0xDB, b"\x01" + PLAIN.chroma), segment(0xDB, b"\x11" + PLAIN.chroma * 2), "not of 8 bits"),
        (b"\x00\x02\x01\x03\x03\x02\x04\x03", b"\x00\x02\x01\x03\x03\x02\x03\x04", "Huffman"),
        (PLAIN.scan, b"", "0 bytes of picture"),
        (b"\xff\xda", b"\x00\x00", "no marker"),
    ],
)
def test_what_cannot_be_carried_is_refused(old: bytes, new: bytes, why: str) -> None:
    data = PLAIN.encode()
    assert old in data
    with pytest.raises(JpegSyntaxError, match=why):
        packetize(data.replace(old, new, 1))


def test_images_wider_than_a_byte_of_blocks_are_refused() -> None:
    with pytest.raises(JpegSyntaxError, match="2048x576 pixels"):
        packetize(replace(PLAIN, width=2048).encode())
    with pytest.raises(ValueError, match="no room"):
        packetize(PLAIN.encode(), 140)


@given(st.data())
def test_an_image_that_is_cut_or_garbled_is_refused_or_taken(data: st.DataObject) -> None:
    image = bytearray(PLAIN.encode())
    for at in data.draw(st.lists(st.integers(0, 700), max_size=4)):
        image[at] = data.draw(st.integers(0, 255))
    cut = bytes(image[: data.draw(st.integers(0, len(image)))])
    try:
        packetize(cut)
    except JpegSyntaxError:
        return


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    for start in (b"", b"\xff\xd8"):
        with pytest.raises(JpegSyntaxError):
            packetize(start + data)
