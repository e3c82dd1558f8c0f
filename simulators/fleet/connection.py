"""A connection: a socket that never blocks, and what waits to be sent on it or to be heard from it."""

from __future__ import annotations

import logging
import socket
import ssl
import struct
import time
from abc import ABC, abstractmethod
from asyncio import AbstractEventLoop
from typing import Protocol

from simulators.fleet.hearing import Hearing
from simulators.fleet.tls import Tls

logger = logging.getLogger(__name__)

MOST_UNSENT_ANSWERS = 64 * 1024
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time at all: closing sends RST."""
_RECEIVE = 2 * 1024
"""What is heard at once: a few requests. Who says more is heard again when frames and others had their turn."""


class Room(Protocol):
    """Where connections live."""

    @property
    def loop(self) -> AbstractEventLoop:
        """What watches sockets."""
        ...

    @property
    def hearing(self) -> Hearing:
        """Who is heard when."""
        ...


class Connection(ABC):
    """Answers go out as they come, frames when they are due; neither overtakes what the kernel did not take yet."""

    __slots__ = (
        "_deaf",
        "_rest",
        "_room",
        "_stalled",
        "_thinking",
        "_tls",
        "_writing",
        "closed",
        "heard",
        "peer",
        "send",
        "sock",
    )

    def __init__(self, room: Room, sock: socket.socket, peer: tuple[str, int], tls: Tls | None) -> None:
        self._room = room
        self._tls = tls
        self._rest = b""
        self._writing = False
        self._stalled = 0.0
        self._deaf = False
        self._thinking = False
        self.sock = sock
        self.send = sock.send
        self.peer = peer
        self.heard = time.monotonic()
        self.closed = False

    @property
    @abstractmethod
    def name(self) -> str:
        """Whom it is about, for the log."""

    @abstractmethod
    def _delay(self) -> float | None:
        """In how many seconds what was said is answered; None if it is not heard at all."""

    @abstractmethod
    def _understand(self, data: bytes) -> None:
        """Answer what was said."""

    @abstractmethod
    def _emptied(self) -> None:
        """All that waited is with the kernel."""

    @abstractmethod
    def _bound(self) -> bool:
        """Whether what waits must go out, however long it is: it belongs to a frame."""

    @abstractmethod
    def _ended(self, cause: str) -> None:
        """The connection is closed."""

    def readable(self) -> None:
        """Bytes have come, or the end."""
        if self._rest or self._thinking:  # who does not take what it is told is not heard
            self._deaf = True
            self._room.loop.remove_reader(self.sock)
        elif self._room.hearing.turn(self.sock, self.readable):
            try:
                self._hear()
            finally:
                self._room.hearing.done()

    def stalled(self, now: float, patience: float) -> bool:
        """Whether nothing of what waits was taken for so many seconds."""
        return bool(self._stalled) and now - self._stalled > patience

    def reset(self, cause: str) -> None:
        """Close as a device does that has forgotten the connection: by RST."""
        if not self.closed:
            abort(self.sock)
            self.close(cause)

    def close(self, cause: str) -> None:
        """Close."""
        if self.closed:
            return
        self.closed = True
        loop = self._room.loop
        loop.remove_reader(self.sock)
        if self._writing:
            loop.remove_writer(self.sock)
        self._ended(cause)
        self.sock.close()

    def _hear(self) -> None:
        try:
            data = self.sock.recv(_RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            data = b""
        if not data:
            self.close("disconnect")
            return
        if self._tls is not None:
            data = self._unseal(self._tls, data)
        if not data:
            return
        delay = self._delay()
        if delay:
            self._thinking = True
            self._room.loop.call_later(delay, self._understand_late, data)
        elif delay is not None:
            self._understand(data)

    def _understand_late(self, data: bytes) -> None:
        self._thinking = False
        if not self.closed:
            self._understand(data)
        self._hear_again()

    def _hear_again(self) -> None:
        if self._deaf and not (self.closed or self._rest or self._thinking):
            self._deaf = False
            self._room.loop.add_reader(self.sock, self.readable)

    def _unseal(self, tls: Tls, data: bytes) -> bytes:
        try:
            data, answer, going = tls.receive(data)
        except ssl.SSLError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            self.close("protocol")
            return b""
        if answer:
            self._write(answer)
        if not going:
            self.close("disconnect")
            return b""
        return data

    def _answer(self, data: bytes) -> None:
        self._write(data if self._tls is None else self._tls.seal(data))

    def _write(self, data: bytes) -> None:
        if self.closed:
            return
        sent = 0
        if not self._rest:
            try:
                sent = self.sock.send(data)
            except BlockingIOError:
                sent = 0
            except OSError as error:
                logger.debug("%s: %s: %s", self.name, self.peer[0], error)
                self.close("disconnect")
                return
        if sent < len(data):
            self._keep(self._rest + data[sent:])
        if len(self._rest) > MOST_UNSENT_ANSWERS and not self._bound():
            self.close("protocol")

    def _keep(self, rest: bytes) -> None:
        """Send this before anything else, when the kernel takes it."""
        self._rest = rest
        self._stalled = self._stalled or time.monotonic()
        if not self._writing:
            self._writing = True
            self._room.loop.add_writer(self.sock, self._writable)

    def _writable(self) -> None:
        try:
            self._flush()
        except OSError as error:
            logger.debug("%s: %s: %s", self.name, self.peer[0], error)
            self.close("disconnect")

    def _flush(self) -> bool:
        """Send what waits; whether all of it is out now."""
        try:
            sent = self.sock.send(self._rest)
        except BlockingIOError:
            return False
        if sent:
            self._stalled = time.monotonic()
        self._rest = self._rest[sent:]
        if self._rest:
            return False
        self._stalled = 0.0
        self._writing = False
        self._room.loop.remove_writer(self.sock)
        self._hear_again()
        self._emptied()
        return True


def abort(sock: socket.socket) -> None:
    """Have the socket send RST when it is closed."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
