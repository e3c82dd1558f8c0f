from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.rtp import Depacketizer, Packet, RtpSyntaxError, packetize

# NAL units of the types a camera sends: slice, IDR slice, SEI, SPS, PPS (ITU-T H.264 table 7-1).
units = st.builds(lambda kind, rest: bytes([0x60 | kind]) + rest, st.sampled_from([1, 5, 6]), st.binary(max_size=4000))


@given(st.lists(units, min_size=1, max_size=4), st.integers(0, 0xFFFF))
def test_an_access_unit_survives_packets(sent: list[bytes], sequence: int) -> None:
    payloads = [payload for unit in sent for payload in packetize(unit, 500)]
    assert all(len(payload) <= 500 for payload in payloads)
    depacketizer, got = Depacketizer(), []
    for number, payload in enumerate(payloads):
        packet = Packet(
            payload_type=96,
            marker=number == len(payloads) - 1,
            sequence=(sequence + number) & 0xFFFF,
            timestamp=1234,
            ssrc=7,
            payload=payload,
        )
        got += depacketizer.feed(Packet.parse(packet.encode()))
    assert [list(one.units) for one in got] == [sent]


@given(st.binary(max_size=60))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    try:
        packet = Packet.parse(data)
    except RtpSyntaxError:
        return
    Depacketizer().feed(packet)
