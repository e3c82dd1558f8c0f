"""Who is heard when. Frames come first, and whoever talks without end waits for the others.

All that is heard runs in the loop that sends. A quarter of each stretch of time is for hearing, whatever comes; what is
left of it only while no frame is overdue. What is not heard now stays in the kernel's buffers until the next stretch.
"""

from __future__ import annotations

import socket
import time
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Callable
from typing import Any

STRETCH_S = 0.010
SHARE = 0.25
OVERDUE_NS = 1_000_000
_MOST_RESUMED = 256


class Hearing:
    """Deals out turns.

    Args:
        loop: where sockets are watched.
        overdue_ns: how long the earliest frame that was not sent yet is overdue.
    """

    def __init__(self, loop: AbstractEventLoop, overdue_ns: Callable[[], int]) -> None:
        self._loop = loop
        self._overdue_ns = overdue_ns
        self._stretch = 0.0
        self._spent = 0.0
        self._began = 0.0
        self._waiting: deque[tuple[socket.socket, Callable[..., None], tuple[Any, ...]]] = deque()

    def turn(self, sock: socket.socket, heard: Callable[..., None], *arguments: Any) -> bool:
        """Whether a socket that has something to say is heard now. If not, `heard` is called again later.

        A turn that was given must end with `done`.
        """
        now = self._began = time.monotonic()
        if now - self._stretch >= STRETCH_S:
            self._stretch, self._spent = now, 0.0
        if self._spent < SHARE * STRETCH_S or self._overdue_ns() <= OVERDUE_NS:
            return True
        self._loop.remove_reader(sock)
        if not self._waiting:
            self._loop.call_later(STRETCH_S, self._resume)
        self._waiting.append((sock, heard, arguments))
        return False

    def done(self) -> None:
        """A turn is over."""
        self._spent += time.monotonic() - self._began

    def _resume(self) -> None:
        for _ in range(min(_MOST_RESUMED, len(self._waiting))):
            sock, heard, arguments = self._waiting.popleft()
            if sock.fileno() >= 0:
                self._loop.add_reader(sock, heard, *arguments)
        if self._waiting:
            self._loop.call_later(STRETCH_S, self._resume)
