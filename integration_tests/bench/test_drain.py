"""The discarding reader counts what really came, and says when something else did."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulators.bench.drain import Drain, draining
from simulators.bench.target import Target

CORE = min(os.sched_getaffinity(0))


def packet(sequence: int, *, marker: bool = True, channel: int = 0, size: int = 100) -> bytes:
    header = struct.pack("!BBHII", 0x80, 96 | marker << 7, sequence & 0xFFFF, 0, 0)
    return struct.pack("!BBH", 0x24, channel, len(header) + size) + header + bytes(size)


@contextmanager
def read(*pieces: bytes) -> Iterator[Drain]:
    """A server that sends a first frame, and what is given, one piece after the other, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server, draining([_target(server)], CORE) as drain:
        sock, _ = server.accept()
        with sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in (packet(0), *pieces):
                sock.sendall(piece)
        drain.await_closed(1)
        yield drain


def _target(server: socket.socket) -> Target:
    return Target("127.0.0.1", server.getsockname()[1])


@pytest.mark.parametrize(
    ("pieces", "frames", "lost"),
    [
        ([packet(1), packet(2, marker=False), packet(3)], 3, 0),
        ([packet(2)], 2, 1),
        ([packet(5), packet(6)], 3, 4),
        ([packet(1, channel=1), packet(1)], 2, 0),  # RTCP is no frame
        ([packet(0x9000), packet(1)], 3, 0),  # late is not lost
        ([bytes((0x24, 1, 0, 0)), packet(1)], 2, 0),  # an empty packet
        ([bytes((0x24, 1, 0, 2, 9, 9)), packet(1)], 2, 0),  # shorter than what is looked at
        ([bytes((one,)) for one in packet(1) + packet(2)], 3, 0),
        ([packet(1, size=60_000)], 2, 0),
    ],
)
def test_frames_and_losses_are_counted(pieces: list[bytes], frames: int, lost: int) -> None:
    with read(*pieces) as drain:
        seen = drain.look()
        assert (seen.frames, seen.lost, seen.strange) == (frames, lost, 0)
        assert seen.bytes == sum(map(len, (packet(0), *pieces)))
        assert drain.frames() == [frames]


def test_sequence_numbers_wrap() -> None:
    with read(*(packet(number, size=10) for number in range(1, 0x10002))) as drain:
        seen = drain.look()
        assert (seen.frames, seen.lost) == (0x10002, 0)


def test_what_is_no_rtp_is_said() -> None:
    with read(b"RTSP/1.0 200 OK\r\n\r\n") as drain:
        assert drain.look().strange == 1
