from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.aac import MOST, AacSyntaxError, depacketize, packetize

units = st.lists(st.binary(min_size=1, max_size=400), min_size=1, max_size=5)


@given(units)
def test_access_units_survive_a_packet(sent: list[bytes]) -> None:
    assert depacketize(packetize(sent)) == sent


def test_headers_are_those_of_rfc_3640() -> None:
    assert packetize([b"12345"]) == b"\x00\x10\x00\x28" + b"12345"
    assert packetize([b"1", b"22"]) == b"\x00\x20\x00\x08\x00\x10" + b"122"


@given(units, st.data())
def test_a_packet_that_is_cut_anywhere_is_refused(sent: list[bytes], data: st.DataObject) -> None:
    payload = packetize(sent)
    with pytest.raises(AacSyntaxError):
        depacketize(payload[: data.draw(st.integers(0, len(payload) - 1))])


@given(st.binary(max_size=100))
def test_garbage_is_refused_and_nothing_else(data: bytes) -> None:
    try:
        depacketize(data)
    except AacSyntaxError:
        return


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "0 bits"),
        (b"\x00\x0d\x00\x08x", "13 bits"),
        (b"\x00\x10\x00\x09x", "interleaved"),
        (b"\x00\x10\x00\x10x", "end at 6, the payload at 5"),
        (b"\x00\x10\x00\x00", "access units end"),
    ],
)
def test_what_is_wrong_is_said(payload: bytes, why: str) -> None:
    with pytest.raises(AacSyntaxError, match=why):
        depacketize(payload)


@pytest.mark.parametrize("sent", [[], [b""], [bytes(MOST + 1)]])
def test_only_whole_units_of_a_size_that_fits_are_sent(sent: list[bytes]) -> None:
    with pytest.raises(ValueError, match="at least one access unit"):
        packetize(sent)
