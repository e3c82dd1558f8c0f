"""UDP sockets of a session: an even port and the next, only for their reader, free again when closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from simulators.fleet.datagrams import FIRST_PORT, LAST_PORT, PortPair

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
