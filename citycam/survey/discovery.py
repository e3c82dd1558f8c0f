"""WS-Discovery by UDP: a question to one address, or to everybody on the link."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address
from types import TracebackType
from uuid import uuid4

from citycam.wire import ws_discovery
from citycam.wire.ws_discovery import Match

MULTICAST_S = 2.0
"""Devices answer within half a second (APP_MAX_DELAY); links lose datagrams, so the question goes out twice."""


class Discovery(asyncio.DatagramProtocol):
    """One socket for all questions; use as an asynchronous context manager.

    Args:
        timeout: seconds to wait for the answer of one address.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._message = f"urn:uuid:{uuid4()}"
        self._waiting: dict[IPv4Address, asyncio.Future[Match]] = {}
        self.seen: dict[IPv4Address, Match] = {}
        """Everybody who answered."""
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Discovery:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sock.bind(("0.0.0.0", 0))
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=sock)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    async def ask(self, address: IPv4Address, port: int) -> Match | None:
        """What the device at an address says of itself; None if it does not answer."""
        if address in self.seen:
            return self.seen[address]
        waiter = self._waiting[address] = asyncio.get_running_loop().create_future()
        self._send(str(address), port)
        try:
            async with asyncio.timeout(self._timeout):
                found: Match = await waiter
                return found
        except TimeoutError:
            return None
        finally:
            del self._waiting[address]

    async def ask_everybody(self) -> dict[IPv4Address, Match]:
        """Who answers by multicast, wherever they are: addresses are for the caller to keep to its scope."""
        for _ in range(2):
            self._send(ws_discovery.GROUP, ws_discovery.PORT)
            await asyncio.sleep(MULTICAST_S / 2)
        return dict(self.seen)

    def _send(self, host: str, port: int) -> None:
        if self._transport is not None:
            self._transport.sendto(ws_discovery.probe(self._message), (host, port))

    def datagram_received(self, data: bytes, peer: tuple[str | int, int] | tuple[str, int]) -> None:
        """See asyncio. Only an answer to our question counts, and only for the address it came from."""
        address = IPv4Address(str(peer[0]))
        found = ws_discovery.matches(data, self._message)
        if not found:
            return
        self.seen[address] = found[0]
        waiter = self._waiting.get(address)
        if waiter is not None and not waiter.done():
            waiter.set_result(found[0])

    def error_received(self, _error: Exception) -> None:
        """See asyncio: nobody listens there."""
