from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.rtp import Packet, RtpSyntaxError


@given(st.integers(0, 127), st.booleans(), st.integers(0, 0xFFFF), st.integers(0, 2**32 - 1), st.binary(max_size=50))
def test_writing_and_reading_are_inverse(
    payload_type: int, marker: bool, sequence: int, timestamp: int, payload: bytes
) -> None:
    packet = Packet(payload_type, marker, sequence, timestamp, 7, payload)
    assert Packet.parse(packet.encode()) == packet


@given(st.binary(max_size=60))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    try:
        Packet.parse(data)
    except RtpSyntaxError:
        return
