"""Pictures survive packets of any size; a lost packet is noticed, and no bytes make a depacketizer fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.model.codec import Codec
from citycam.wire import h264, h265
from citycam.wire.payloads import depacketizer, payloads
from citycam.wire.pictures import AccessUnit, Depacketizer
from citycam.wire.rtp import Packet

CODECS: tuple[Codec, ...] = ("h264", "h265", "mjpeg")


def nal_units(codec: Codec) -> st.SearchStrategy[bytes]:
    """NAL units that a camera sends: slices, key frames, SEI."""
    heads = {
        "h264": [b"\x41", b"\x65", b"\x06"],
        "h265": [bytes((kind << 1, 1)) for kind in (1, h265.IDR_W_RADL, h265.PREFIX_SEI)],
    }[codec]
    return st.builds(bytes.__add__, st.sampled_from(heads), st.binary(min_size=1, max_size=3000))


def sets(codec: Codec) -> tuple[bytes, ...]:
    """Parameter sets, as far as their headers go."""
    return {"h264": (b"\x67\x42\x00\x1e", b"\x68\xce"), "h265": (b"\x40\x01v", b"\x42\x01s", b"\x44\x01p")}[codec]


def made(codec: Codec) -> Depacketizer:
    """A depacketizer of a codec there is."""
    found = depacketizer(codec)
    assert found is not None
    return found


def packets(parts: list[bytes], sequence: int = 0, timestamp: int = 1234) -> list[Packet]:
    """The packets of one picture."""
    return [
        Packet(96, number == len(parts) - 1, sequence + number & 0xFFFF, timestamp, 7, part)
        for number, part in enumerate(parts)
    ]


def fed(target: Depacketizer, sent: list[Packet]) -> list[AccessUnit]:
    """What comes out."""
    return [unit for packet in sent for unit in target.feed(Packet.parse(packet.encode()))]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@given(data=st.data(), sequence=st.integers(0, 0xFFFF), limit=st.integers(16, 1500))
def test_an_access_unit_survives_packets(codec: Codec, data: st.DataObject, sequence: int, limit: int) -> None:
    units = data.draw(st.lists(nal_units(codec), min_size=1, max_size=4))
    units = [*(sets(codec) if data.draw(st.booleans()) else ()), *units]
    parts = payloads(codec, units, limit)
    assert all(len(part) <= limit for part in parts)
    (got,) = fed(made(codec), packets(parts, sequence))
    assert (list(got.units), got.complete, got.timestamp) == (units, True, 1234)
    assert got.key == any(unit[0] in (0x65, h265.IDR_W_RADL << 1) for unit in units)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_parameter_sets_share_a_packet_if_they_fit(codec: Codec) -> None:
    kind, together = (h264.kind, h264.STAP_A) if codec == "h264" else (h265.kind, h265.AP)
    assert [kind(part) for part in payloads(codec, sets(codec))] == [together]
    large = tuple(unit + bytes(900) for unit in sets(codec))
    assert payloads(codec, large) == list(large)
    assert payloads(codec, ()) == []


def test_headers_are_those_of_rfc_6184_and_7798() -> None:
    assert payloads("h264", [b"\x65abcdef"], 5) == [b"\x7c\x85abc", b"\x7c\x45def"]
    assert payloads("h265", [b"\x26\x01abcdef"], 6) == [b"\x62\x01\x93abc", b"\x62\x01\x53def"]
    assert payloads("h264", sets("h264")) == [b"\x78\x00\x04\x67\x42\x00\x1e\x00\x02\x68\xce"]
    assert payloads("h265", sets("h265")) == [b"\x60\x01\x00\x03\x40\x01v\x00\x03\x42\x01s\x00\x03\x44\x01p"]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@given(data=st.data())
def test_a_lost_packet_never_gives_a_picture_that_seems_whole(codec: Codec, data: st.DataObject) -> None:
    pictures = data.draw(st.lists(st.lists(nal_units(codec), min_size=1, max_size=3), min_size=3, max_size=4))
    sent: list[Packet] = []
    for number, units in enumerate(pictures):
        sent += packets(payloads(codec, units, 300), len(sent), 100 + number)
    lost = data.draw(st.integers(1, len(sent) - 2))
    target = made(codec)
    got = fed(target, sent[:lost] + sent[lost + 1 :])
    assert target.lost == 1
    for one in got:
        assert not one.complete or list(one.units) == pictures[one.timestamp - 100]
    assert sum(one.complete for one in got) < len(pictures)


@pytest.mark.parametrize("codec", CODECS)
@given(parts=st.lists(st.tuples(st.binary(max_size=200), st.booleans(), st.integers(0, 3)), max_size=12))
def test_garbage_never_makes_a_depacketizer_fail(codec: Codec, parts: list[tuple[bytes, bool, int]]) -> None:
    target = made(codec)
    for number, (payload, marker, timestamp) in enumerate(parts):
        target.feed(Packet(96, marker, number, timestamp, 7, payload))


@pytest.mark.parametrize("codec", ["h264", "h265"])
@given(data=st.data())
def test_a_packet_that_is_cut_anywhere_is_taken_or_counted_as_damage(codec: Codec, data: st.DataObject) -> None:
    units = data.draw(st.lists(nal_units(codec), min_size=1, max_size=3))
    parts = payloads(codec, [*sets(codec), *units], 300)
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = parts[at][: data.draw(st.integers(0, len(parts[at]) - 1))]
    for one in fed(made(codec), packets(parts)):
        assert not one.complete or one.units != (*sets(codec), *units)


def test_a_picture_that_is_too_large_is_cut_and_not_complete() -> None:
    target = h264.Depacketizer(max_size=1000)
    (got,) = fed(target, packets(payloads("h264", [b"\x41" + bytes(500), b"\x41" + bytes(900)])))
    assert not got.complete
    assert len(got.units) == 1


def test_a_codec_that_is_not_known_has_no_depacketizer() -> None:
    assert depacketizer("vp8") is None


@pytest.mark.parametrize(("codec", "unit", "limit"), [("h264", b"", 100), ("h264", b"ab", 2), ("h265", b"@", 100)])
def test_what_is_no_unit_cannot_be_packetized(codec: Codec, unit: bytes, limit: int) -> None:
    with pytest.raises(ValueError, match="a NAL unit has at least"):
        payloads(codec, [unit], limit)
