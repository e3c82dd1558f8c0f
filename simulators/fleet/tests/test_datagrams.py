"""UDP sockets of a session: an even port and the next, only for their reader, free again when closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.fleet.datagrams import FIRST_PORT, LAST_PORT, PortPair, trains

ADDRESS = "127.18.99.1"


@pytest.fixture
def viewer() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtcp,
    ):
        for sock in (rtp, rtcp):
            sock.bind(("127.0.0.1", 0))
            sock.settimeout(5)
        yield rtp, rtcp


def peer(viewer: tuple[socket.socket, socket.socket]) -> tuple[str, tuple[int, int]]:
    rtp, rtcp = viewer
    return "127.0.0.1", (rtp.getsockname()[1], rtcp.getsockname()[1])


def test_packets_leave_in_order_from_the_camera_s_own_ports(viewer: tuple[socket.socket, socket.socket]) -> None:
    async def run() -> None:
        pair = PortPair(ADDRESS, peer(viewer), lambda: None)
        try:
            assert FIRST_PORT <= pair.ports[0] < LAST_PORT
            assert (pair.ports[0] % 2, pair.ports[1]) == (0, pair.ports[0] + 1)
            assert pair.send(([b"sets"], b"head-", b"-tail", [b"slice"]), b"mark", b"report")
        finally:
            pair.close()
        rtp, rtcp = viewer
        assert [rtp.recvfrom(2048) for _ in range(3)] == [
            (data, (ADDRESS, pair.ports[0])) for data in (b"sets", b"head-mark-tail", b"slice")
        ]
        assert rtcp.recvfrom(2048) == (b"report", (ADDRESS, pair.ports[1]))

    asyncio.run(run())


@given(st.lists(st.one_of(st.integers(1, 1412), st.just(1412)).map(bytes), max_size=200))
def test_trains_hold_all_packets_in_order_and_are_what_one_send_takes(packets: list[bytes]) -> None:
    found = list(trains(packets))
    assert [packet for train in found for packet in train] == packets
    for train in found:
        *full, last = train
        assert {len(packet) for packet in full} <= {len(train[0])}
        assert len(last) <= len(train[0])
        assert len(train) <= 64
        assert sum(map(len, train)) <= 65_000


@pytest.mark.parametrize("segments", [True, False])
def test_a_large_frame_comes_packet_by_packet_even_where_the_kernel_cuts_no_segments(
    viewer: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch, segments: bool
) -> None:
    if not segments:
        monkeypatch.setattr("simulators.fleet.datagrams._UDP_SEGMENT", 0x7FFF)  # an option that no kernel knows
    after = [bytes([number]) * 1412 for number in range(70)] + [b"last", b"longer than the last"]

    async def run() -> None:
        pair = PortPair(ADDRESS, peer(viewer), lambda: None)
        try:
            assert pair.send(([b"sets"], b"head-", b"-tail", after), b"mark", b"")
        finally:
            pair.close()

    viewer[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    asyncio.run(run())
    assert [viewer[0].recv(2048) for _ in range(len(after) + 2)] == [b"sets", b"head-mark-tail", *after]


def test_two_sessions_have_different_ports_and_closed_ones_are_free(
    viewer: tuple[socket.socket, socket.socket],
) -> None:
    async def run() -> None:
        first = PortPair(ADDRESS, peer(viewer), lambda: None)
        second = PortPair(ADDRESS, peer(viewer), lambda: None)
        assert first.ports != second.ports
        first.close()
        third = PortPair(ADDRESS, peer(viewer), lambda: None)
        assert third.ports == first.ports
        second.close()
        third.close()

    asyncio.run(run())


def test_rtcp_of_the_reader_is_heard_and_of_nobody_else(viewer: tuple[socket.socket, socket.socket]) -> None:
    async def run() -> None:
        heard = asyncio.Event()
        pair = PortPair(ADDRESS, peer(viewer), heard.set)
        rtp, rtcp = viewer
        try:
            rtp.sendto(b"not from the RTCP port", (ADDRESS, pair.ports[1]))
            await asyncio.sleep(0)
            assert not heard.is_set()
            rtcp.sendto(b"receiver report", (ADDRESS, pair.ports[1]))
            await asyncio.wait_for(heard.wait(), 5)
        finally:
            pair.close()

    asyncio.run(run())


def test_a_reader_whose_port_is_closed_is_noticed() -> None:
    async def run() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
            gone.bind(("127.0.0.1", 0))
            port = gone.getsockname()[1]
        pair = PortPair(ADDRESS, ("127.0.0.1", (port, port)), lambda: None)
        try:
            taken = [pair.send(([], b"a", b"b", []), b"c", b"") for _ in range(3)]
        finally:
            pair.close()
        assert False in taken

    asyncio.run(run())


def test_an_address_that_is_not_ours_is_refused() -> None:
    async def run() -> None:
        with pytest.raises(OSError, match="assign requested address"):
            PortPair("192.0.2.1", ("127.0.0.1", (9, 9)), lambda: None)

    asyncio.run(run())
