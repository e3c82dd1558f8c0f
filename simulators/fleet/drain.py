"""A reader that plays many cameras and throws away what they send, to measure a fleet and nothing else.

`python -m simulators.fleet.drain` reads `{"cameras": [Camera…], "key": hex}` from stdin, plays them all by TCP, writes
one line `playing N` when the last has answered PLAY, and drains until stdin is closed. Linux only (epoll).
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from typing import Any

from citycam.model.credentials import camera_password
from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Headers, Request, Response

_CHUNK = 256 * 1024
_PAUSE_S = 0.01
"""Between two looks: a reader that wakes for every packet interrupts the sender, and would be measured as its cost."""


class _Player:
    """Plays one camera; blocking until PLAY is answered."""

    def __init__(self, camera: dict[str, Any], key: bytes) -> None:
        self._camera = camera
        self._password = camera_password(key, camera["serial"])
        self._url = f"rtsp://{camera['address']}:{camera['port']}{camera['path']}"
        self._number = 0
        self._challenge: Challenge | None = None
        self._decoder = Decoder()
        self.sock = socket.create_connection((camera["address"], camera["port"]), timeout=30)

    def play(self) -> socket.socket:
        """Go through DESCRIBE, SETUP and PLAY."""
        self._ask("DESCRIBE", self._url)
        setup = self._ask("SETUP", self._url, ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"))
        session = (setup.headers.get("Session") or "").partition(";")[0]
        self._ask("PLAY", self._url, ("Session", session))
        self.sock.setblocking(False)
        return self.sock

    def _ask(self, method: str, url: str, *headers: tuple[str, str]) -> Response:
        response = self._exchange(method, url, headers)
        found = response.headers.get("WWW-Authenticate")
        if response.status == 401 and found is not None:
            self._challenge = Challenge.parse(found)
            response = self._exchange(method, url, headers)
        if response.status != 200:
            raise ConnectionError(f"{self._url}: {method} is answered {response.status} {response.reason}")
        return response

    def _exchange(self, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> Response:
        self._number += 1
        pairs = [("CSeq", str(self._number)), ("User-Agent", "citycam-drain"), *headers]
        if self._challenge is not None:
            credentials = (self._camera["username"], self._password)
            pairs.append(("Authorization", authorization(self._challenge, method, url, *credentials)))
        self.sock.sendall(Request(method, url, Headers(pairs)).encode())
        while True:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError(f"{self._url}: closed during {method}")
            for message in self._decoder.feed(data):
                if isinstance(message, Response):
                    return message


def main() -> int:
    """Play, drain, and stop when stdin ends."""
    request = json.loads(sys.stdin.readline())
    key = bytes.fromhex(request["key"])
    poll = select.epoll()
    poll.register(sys.stdin, select.EPOLLIN)
    sockets: dict[int, socket.socket] = {}
    buffer = bytearray(_CHUNK)
    for count, camera in enumerate(request["cameras"], 1):
        sock = _Player(camera, key).play()
        sockets[sock.fileno()] = sock
        poll.register(sock, select.EPOLLIN)
        if count % 50 == 0:
            _drain(poll, sockets, buffer)
    sys.stdout.write(f"playing {len(sockets)}\n")
    sys.stdout.flush()
    while _drain(poll, sockets, buffer):
        time.sleep(_PAUSE_S)
    return 0


def _drain(poll: select.epoll, sockets: dict[int, socket.socket], buffer: bytearray) -> bool:
    """Throw away what has come; False when stdin has ended or a camera has closed."""
    for descriptor, _ in poll.poll(0, len(sockets) + 1):
        if descriptor not in sockets or not sockets[descriptor].recv_into(buffer):
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
