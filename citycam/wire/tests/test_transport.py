"""Transport and Session headers: what is written is what is read, and nothing odd gets through."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citycam.wire.transport import TransportSpec, parse_session, parse_transports

channels = st.integers(0, 254).map(lambda first: (first, first + 1))
ports = st.integers(1, 65534).map(lambda first: (first, first + 1))
ssrcs = st.none() | st.integers(0, 2**32 - 1)
groups = st.integers(int(IPv4Address("224.0.0.0")), int(IPv4Address("239.255.255.255"))).map(IPv4Address).map(str)

specs = st.one_of(
    st.builds(TransportSpec, tcp=st.just(True), channels=channels, ssrc=ssrcs),
    st.builds(TransportSpec, tcp=st.just(False), client_port=ports, server_port=ports, ssrc=ssrcs),
    st.builds(
        TransportSpec,
        tcp=st.just(False),
        multicast=st.just(True),
        group=groups,
        port=ports,
        ttl=st.integers(0, 255),
        ssrc=ssrcs,
    ),
)


@given(wishes=st.lists(specs, min_size=1, max_size=4))
def test_what_is_written_is_read(wishes: list[TransportSpec]) -> None:
    assert parse_transports(",".join(wish.encode() for wish in wishes)) == wishes


@given(text=st.text(max_size=200))
def test_nothing_that_comes_is_too_odd(text: str) -> None:
    for spec in parse_transports(text):
        assert parse_transports(spec.encode()) == [spec]


@pytest.mark.parametrize(
    "entry",
    [
        "RTP/SAVP;unicast;client_port=1-2",
        "RTP/AVP;unicast;client_port=1-65536",
        "RTP/AVP;unicast;client_port=-1",
        "RTP/AVP/TCP;interleaved=0-256",
        "RTP/AVP;multicast;ttl=256",
        "RTP/AVP;multicast;destination=example",
        "",
    ],
)
def test_what_cannot_be_read_is_left_out(entry: str) -> None:
    assert parse_transports(entry) == []
    good = "RTP/AVP/TCP;unicast;interleaved=0-1"
    assert parse_transports(f"{entry},{good}") == parse_transports(good)


def test_a_client_s_destination_counts_for_multicast_alone() -> None:
    (spec,) = parse_transports("RTP/AVP;unicast;destination=192.0.2.1;client_port=5000-5001")
    assert spec.group == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("47112344;timeout=60", ("47112344", 60)),
        ("47112344 ; Timeout = 5", ("47112344", 5)),
        ("47112344", ("47112344", None)),
        ("a;timeout=never", ("a", None)),
    ],
)
def test_sessions_and_their_time_outs(value: str, expected: tuple[str, int | None]) -> None:
    assert parse_session(value) == expected
