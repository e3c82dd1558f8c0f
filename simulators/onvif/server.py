"""HTTP connections to the cameras' port: sockets and time-outs round `simulators.onvif.endpoint`.

The process that serves them also sends frames. So requests wait in one queue, and between any two of them the loop
looks after everything else.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, cast

from simulators.onvif.endpoint import Pending, answer, refused
from simulators.onvif.http import Decoder, HttpError, Request, Response

if TYPE_CHECKING:
    from simulators.fleet.callers import Callers
    from simulators.onvif.estate import Estate, Host

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 4096
"""Of the whole port."""
MOST_AT_A_HOST = 32
REQUEST_S = 10.0
"""From the first byte of a request to its last, and from an answer to the client having taken it."""
IDLE_S = 30.0
"""Between two requests."""
_MOST_PIPELINED = 8
_RESET = struct.pack("ii", 1, 0)
_SECOND_NS = 1_000_000_000


class Server:
    """Everything that listens on one socket; `callers` hears who came."""

    def __init__(self, estate: Estate, callers: Callers | None = None) -> None:
        self.estate = estate
        self.callers = callers
        self.connections: set[Connection] = set()
        self._hosts: dict[str, int] = {}
        self._queue: deque[Connection] = deque()
        self._serving = False
        self._server: asyncio.Server | None = None

    async def open(self, sock: socket.socket) -> None:
        """Listen."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=sock, backlog=4096)

    def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for connection in list(self.connections):
            connection.end()

    def enter(self, connection: Connection) -> bool:
        """Take a connection in, if there is room for it."""
        taken = self._hosts.get(connection.address, 0)
        if len(self.connections) >= MOST_CONNECTIONS or taken >= MOST_AT_A_HOST:
            return False
        self._hosts[connection.address] = taken + 1
        self.connections.add(connection)
        if self.callers is not None:
            self.callers.enter(connection.address)
        return True

    def leave(self, connection: Connection) -> None:
        """A connection is over."""
        if connection not in self.connections:
            return
        self.connections.remove(connection)
        self._hosts[connection.address] -= 1
        if not self._hosts[connection.address]:
            del self._hosts[connection.address]
        if self.callers is not None:
            self.callers.leave(connection.address)

    def enqueue(self, connection: Connection) -> None:
        """A request is to be answered when it is its turn."""
        self._queue.append(connection)
        if not self._serving:
            self._serving = True
            connection.loop.call_soon(self._serve_one)

    def _serve_one(self) -> None:
        connection = self._queue.popleft()
        self._serving = bool(self._queue)
        if self._serving:
            connection.loop.call_soon(self._serve_one)
        connection.serve()


async def serve(sock: socket.socket, estate: Estate) -> Server:
    """Serve ONVIF, snapshots and canaries on a listening socket, until `Server.close`."""
    server = Server(estate)
    await server.open(sock)
    return server


class Connection(asyncio.Protocol):
    """One client at one address: its requests are answered one after another."""

    def __init__(self, server: Server) -> None:
        self.loop = asyncio.get_running_loop()
        self.address = ""
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._decoder = Decoder()
        self._requests: deque[Request] = deque()
        self._busy = False
        self._paused = False
        self._last = False
        self._timer: asyncio.TimerHandle | None = None
        self._wait: asyncio.TimerHandle | None = None

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        self._transport = transport = cast(asyncio.Transport, transport)  # uvloop's are of no class of asyncio's
        self.address = transport.get_extra_info("sockname")[0]
        if self._host() is None or not self._server.enter(self):
            self._reset()
            return
        self._expect(REQUEST_S)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        if self._transport is None or self._last:
            return
        begun = self._decoder.idle
        try:
            self._requests.extend(self._decoder.feed(data))
        except HttpError as error:
            self._last = True
            if not self._busy:
                self._send(Response(error.status, str(error).encode() + b"\n"), keep_alive=False)
            return
        if len(self._requests) > _MOST_PIPELINED:
            self._reset()
            return
        if self._decoder.continues:
            self._decoder.continues = False
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._requests and not self._busy:
            self._begin()
        elif begun and not self._decoder.idle and not self._busy:
            self._expect(REQUEST_S)

    def connection_lost(self, _error: Exception | None) -> None:
        """See asyncio."""
        for timer in (self._timer, self._wait):
            if timer is not None:
                timer.cancel()
        self._transport = None
        self._requests.clear()
        self._server.leave(self)

    def pause_writing(self) -> None:
        """See asyncio."""
        self._paused = True

    def resume_writing(self) -> None:
        """See asyncio."""
        self._paused = False

    # one request after another

    def _begin(self) -> None:
        self._busy = True
        self._expect(0)
        self._server.enqueue(self)

    def serve(self) -> None:
        """Answer the first request that waits."""
        if self._transport is None or not self._requests:
            return
        host = self._host()
        if host is None:
            self._reset()
        elif not host.silent:
            self._deliver(host, self._requests[0], answer(self._server.estate, host, self._requests[0]))

    def _deliver(self, host: Host, request: Request, found: Response | Pending) -> None:
        if self._transport is None:
            return
        if isinstance(found, Pending):
            delay = (found.at_ns - self._server.estate.now_ns()) / _SECOND_NS
            self._wait = self.loop.call_later(max(0.0, delay), self._resume, host, request, found)
            return
        self._requests.popleft()
        self._busy = False
        if self._server.callers is not None and refused(request, found):
            self._server.callers.refused(self.address)
        alive = request.keep_alive and not self._last
        self._send(found, keep_alive=alive, server=host.equipment.server, head=request.method == "HEAD")
        if alive and self._requests:
            self._begin()

    def _resume(self, host: Host, request: Request, pending: Pending) -> None:
        if self._host() is None:
            self._reset()
        else:
            self._deliver(host, request, pending.then())

    def _send(self, response: Response, *, keep_alive: bool, server: str = "", head: bool = False) -> None:
        assert self._transport is not None
        self._transport.write(response.encode(server, keep_alive=keep_alive, head=head))
        if not keep_alive:
            self._last = True
            self._transport.close()
        self._expect(REQUEST_S if self._paused or not keep_alive else IDLE_S)

    def _host(self) -> Host | None:
        return self._server.estate.host(self.address)

    def _expect(self, seconds: float) -> None:
        """Give up in so many seconds, unless told otherwise; 0: never."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self.end) if seconds else None

    def end(self) -> None:
        """Close, sent or not."""
        if self._transport is not None:
            self._transport.abort()

    def _reset(self) -> None:
        """Close as a device does that is not there."""
        if self._transport is None:
            return
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()
