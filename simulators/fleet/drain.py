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

from citycam.model.credentials import camera_password
from simulators.bench.player import play
from simulators.bench.target import Target

_CHUNK = 256 * 1024
_PAUSE_S = 0.01
"""Between two looks: a reader that wakes for every packet interrupts the sender, and would be measured as its cost."""


def main() -> int:
    """Play, drain, and stop when stdin ends."""
    request = json.loads(sys.stdin.readline())
    key = bytes.fromhex(request["key"])
    poll = select.epoll()
    poll.register(sys.stdin, select.EPOLLIN)
    sockets: dict[int, socket.socket] = {}
    buffer = bytearray(_CHUNK)
    for count, camera in enumerate(request["cameras"], 1):
        password = camera_password(key, camera["serial"])
        sock = play(Target(camera["address"], camera["port"], camera["path"], camera["username"], password))
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
