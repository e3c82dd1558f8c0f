"""The telnet port: open where a canary has a banner, closed at every other device."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

from simulators import canaries

if TYPE_CHECKING:
    from simulators.onvif.estate import Estate

PATIENCE_S = 10.0
MOST_CONNECTIONS = 256
_RESET = struct.pack("ii", 1, 0)


class Telnet:
    """Everything that listens on one socket."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.connections: set[Visit] = set()
        self._server: asyncio.Server | None = None

    async def open(self, sock: socket.socket) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(lambda: Visit(self), sock=sock)

    def close(self) -> None:
        """Stop listening, end every connection."""
        if self._server is not None:
            self._server.close()
        for visit in list(self.connections):
            visit.end()


class Visit(asyncio.Protocol):
    """One connection: it is greeted, and whatever it says is no login."""

    def __init__(self, telnet: Telnet) -> None:
        self._telnet = telnet
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's are of no class of asyncio's
        host = self._telnet.estate.host(transport.get_extra_info("sockname")[0])
        greetings = [canary.banner(host) for canary in canaries.of(host)] if host is not None else []
        greeting = b"".join(greetings)
        if not greeting or len(self._telnet.connections) >= MOST_CONNECTIONS:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            transport.abort()
            return
        self._telnet.connections.add(self)
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_S, self.end)
        transport.write(greeting)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._transport is not None and b"\n" in data:
            self._transport.write(b"\r\nLogin incorrect\r\n")
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """See asyncio."""
        if self._timer is not None:
            self._timer.cancel()
        self._telnet.connections.discard(self)
        self._transport = None

    def end(self) -> None:
        """Close."""
        if self._transport is not None:
            self._transport.abort()
