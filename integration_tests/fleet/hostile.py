"""What strangers do to cameras. Each attack runs in a process of its own and says what became of its connections."""

from __future__ import annotations

import os
import random
import resource
import select
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from citycam.wire.rtsp import interleaved

from .stranger import PATIENCE_S, Client, Fate, Target, connect, fate, told

Attack = Callable[[list[Target]], list[Fate]]
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time at all: closing sends RST."""


def garbage(targets: list[Target]) -> list[Fate]:
    """Random bytes, with and without line ends."""
    chance = random.Random(1)
    lines = [b"\r\n".join(chance.randbytes(40) for _ in range(200)) + b"\r\n\r\n" for _ in targets]
    return [told(target, chance.randbytes(64 * 1024), line) for target, line in zip(targets, lines, strict=True)]


def huge_header(targets: list[Target]) -> list[Fate]:
    """A header of a megabyte, in one line and in many."""
    head = f"DESCRIBE {targets[0].url} RTSP/1.0\r\nCSeq: 1\r\n".encode()
    one, many = b"X: " + b"a" * (1 << 20), b"X: y\r\n" * ((1 << 20) // 6)
    return [told(target, head, body) for target in targets for body in (one, many)]


def huge_body(targets: list[Target]) -> list[Fate]:
    """A body of which only the size is told, and it is far too large."""
    text = f"SET_PARAMETER {targets[0].url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 4000000000\r\n\r\n"
    return [told(target, text.encode()) for target in targets]


def improper(targets: list[Target]) -> list[Fate]:
    """Requests that are out of order or lack what they must have, each on a connection of its own."""
    asked: list[tuple[str, dict[str, str]]] = [
        ("OPTIONS", {"CSeq": ""}),
        ("OPTIONS", {"CSeq": "one"}),
        ("OPTIONS", {"CSeq": "-1"}),
        ("OPTIONS", {"CSeq": "9" * 100}),
        ("OPTIONS", {"Session": "12345678"}),
        ("PLAY", {}),
        ("TEARDOWN", {}),
        ("SETUP", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}),
        ("SETUP", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1", "Session": "12345678"}),
        ("SETUP", {"Transport": "RAW/RAW/UDP"}),
        ("SETUP", {}),
        ("RECORD", {}),
        ("HACK", {}),
        ("OPTIONS", {"Require": "implicit-play"}),
    ]
    fates = []
    for number, (method, headers) in enumerate(asked):
        client = Client(targets[number % len(targets)])
        client.ask("DESCRIBE")  # for the challenge
        client.sock.sendall(client.request(method, **headers))
        fates.append(Fate((client.answer().status,), False, 0.0))
        client.sock.close()
    stranger = Client(targets[0])
    stranger.sock.sendall(stranger.request("SETUP", Transport="RTP/AVP/TCP;unicast;interleaved=0-1"))
    fates.append(Fate((stranger.answer().status,), False, 0.0))
    stranger.sock.sendall(b"OPTIONS * RTSP/2.0\r\nCSeq: 2\r\n\r\n")
    return [*fates, fate(stranger.sock, time.monotonic())]


def silence(targets: list[Target]) -> list[Fate]:
    """Connections that say nothing, half a request, half a packet, or a letter every while; all at once."""
    begun = [
        b"",
        f"DESCRIBE {targets[0].url} RTSP/1.0\r\nCSeq: 1\r\n".encode(),
        b"$\0\xff\xff" + bytes(1000),
        f"SET_PARAMETER {targets[0].url} RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 100\r\n\r\nabc".encode(),
        b"\x16\x03\x01\x02\x00\x01",
        f"OPTIONS {targets[0].url} RTSP/1.0\r\nCSeq: 1\r\n\r\nOPTIONS".encode(),
        b"\r\n" * 1000,
    ]
    began = time.monotonic()
    open_ones = [connect(target) for target, _ in zip(targets, [*begun, b""], strict=False)]
    for sock, piece in zip(open_ones, begun, strict=False):
        sock.sendall(piece)
    loris, closed_at = open_ones[-1], float("nan")
    text = f"DESCRIBE {targets[0].url} RTSP/1.0\r\nX: {'a' * 4000}".encode()
    for at in range(len(text)):
        if select.select([loris], [], [], 0.2)[0] or time.monotonic() - began > PATIENCE_S:
            break
        try:
            loris.sendall(text[at : at + 1])
        except OSError:
            break
    closed_at = time.monotonic() - began
    fates = [fate(sock, began, 15) for sock in open_ones]
    return [*fates[:-1], fates[-1]._replace(seconds=closed_at)]


def many_connections(targets: list[Target], wanted: int = 10_000, kept: int = 15) -> list[Fate]:
    """As many connections as can be had, spread over all cameras, until each camera keeps no more than `kept`."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    began, made = time.monotonic(), []
    for number in range(wanted):
        with suppress(OSError):
            made.append(connect(targets[number % len(targets)]))
    held = set(made)
    while len(held) > kept * len(targets) and time.monotonic() - began < PATIENCE_S:
        held = {sock for sock in held if _is_open(sock)}
    fates = [Fate((), sock not in held, time.monotonic() - began) for sock in made]
    for sock in made:
        sock.close()
    return fates


def _is_open(sock: socket.socket) -> bool:
    sock.setblocking(False)
    try:
        return bool(sock.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def storm(targets: list[Target], seconds: float = 3.0) -> list[Fate]:
    """Connect and hang up, by RST or in order, as fast as it goes."""
    deadline, count = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        with suppress(OSError):
            sock = connect(targets[count % len(targets)])
            if count % 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            sock.close()
        count += 1
    return [Fate((), True, 0.0)] * count


def request_flood(targets: list[Target], seconds: float = 3.0) -> list[Fate]:
    """Requests without end on many connections, whose answers are read."""
    return _flood(targets, seconds, reads=True)


def unread_flood(targets: list[Target], seconds: float = 5.0) -> list[Fate]:
    """Requests without end on many connections whose answers nobody reads."""
    return _flood(targets, seconds, reads=False)


def playing_flood(targets: list[Target], seconds: float = 5.0) -> list[Fate]:
    """The same from clients that play, and read neither pictures nor answers."""
    return _flood(targets, seconds, reads=False, playing=True)


def _flood(targets: list[Target], seconds: float, *, reads: bool, playing: bool = False) -> list[Fate]:
    clients = [Client(target, receive_buffer=0 if reads else 4096) for target in targets for _ in range(2)]
    if playing:
        for client in clients:
            client.play()
    again = {client.sock: client.request("OPTIONS") * 20 + client.request("DESCRIBE") * 20 for client in clients}
    rest = dict.fromkeys(again, b"")
    poll, deadline, gone = select.epoll(), time.monotonic() + seconds, set[socket.socket]()
    by_number = {sock.fileno(): sock for sock in again}
    for number, sock in by_number.items():
        sock.setblocking(False)
        poll.register(number, select.EPOLLOUT | (select.EPOLLIN if reads else 0))
    while time.monotonic() < deadline and len(gone) < len(clients):
        for number, event in poll.poll(1):
            sock = by_number[number]
            try:
                if event & select.EPOLLIN and not sock.recv(1 << 20):
                    raise ConnectionResetError
                if event & (select.EPOLLOUT | select.EPOLLERR):
                    data = rest[sock] or again[sock]
                    rest[sock] = data[sock.send(data) :]
            except BlockingIOError:
                continue
            except OSError:
                gone.add(sock)
                poll.unregister(number)
    fates = [Fate((), client.sock in gone, time.monotonic() - client.began) for client in clients]
    for client in clients:
        client.sock.close()
    return fates


def interleaved_garbage(targets: list[Target], seconds: float = 3.0) -> list[Fate]:
    """Clients that play, and send packets that are none on channels that nobody agreed on."""
    chance = random.Random(2)
    clients = [Client(target).play() for target in targets]
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for client in clients:
            noise = chance.randbytes(chance.randrange(1, 1400))
            with suppress(OSError):
                client.sock.sendall(interleaved(chance.randrange(256), len(noise)) + noise)
                client.sock.setblocking(False)
                with suppress(BlockingIOError):
                    client.sock.recv(1 << 20)
                client.sock.setblocking(True)
    fates = []
    for client in clients:
        answer = _ask_through(client)
        fates.append(Fate((answer,), False, time.monotonic() - client.began))
        client.sock.close()
    return fates


def _ask_through(client: Client) -> int:
    """The status of OPTIONS on a connection that carries pictures; 0 if none comes."""
    client.sock.settimeout(10)
    client.sock.sendall(client.request("OPTIONS"))
    content = b""
    with suppress(OSError):
        while b"RTSP/1.0 200 OK" not in content:
            content = content[-100:] + client.sock.recv(1 << 20)
        return 200
    return 0


def never_read(targets: list[Target]) -> list[Fate]:
    """Clients that play and never read; the camera ends it."""
    clients = [Client(target, receive_buffer=4096).play() for target in targets]
    deadline = time.monotonic() + PATIENCE_S
    waiting, poll = {client.sock.fileno(): client for client in clients}, select.epoll()
    for number in waiting:
        poll.register(number, select.EPOLLRDHUP)
    fates = []
    while waiting and time.monotonic() < deadline:
        for number, _ in poll.poll(1):
            client = waiting.pop(number)
            poll.unregister(number)
            fates.append(Fate((), True, time.monotonic() - client.began))
    fates += [Fate((), False, time.monotonic() - client.began) for client in waiting.values()]
    for client in clients:
        client.sock.close()
    return fates


def vanish(targets: list[Target]) -> list[Fate]:
    """Clients that play, and are gone: by RST, by UDP without a word, in the middle of a request."""
    fates = []
    for target in targets:
        one = Client(target).play()
        one.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        one.sock.close()
        with _udp_ports() as ports:
            other = Client(target).play(f"RTP/AVP;unicast;client_port={ports}-{ports + 1}")
        other.sock.sendall(b"TEARDOWN ")
        other.sock.close()
        fates += [Fate((200,), False, time.monotonic() - one.began)] * 2
    return fates


@contextmanager
def _udp_ports() -> Iterator[int]:
    """An even port and the next, which take what comes and forget it."""
    for port in range(30_000, 40_000, 2):
        with suppress(OSError), _datagrams() as rtp, _datagrams() as rtcp:
            rtp.bind(("127.0.0.1", port))
            rtcp.bind(("127.0.0.1", port + 1))
            yield port
            return


def _datagrams() -> socket.socket:
    return socket.socket(type=socket.SOCK_DGRAM)


def rtcp_flood(targets: list[Target], seconds: float = 3.0) -> list[Fate]:
    """RTCP and worse at the ports of UDP sessions, as fast as it goes, from the client and from strangers."""
    chance, began = random.Random(3), time.monotonic()
    noise = [chance.randbytes(size) for size in (1, 8, 100, 1400)]
    clients, pairs = [], []
    for number, target in enumerate(targets):
        pair = [_datagrams() for _ in range(2)]
        port = 40_000 + os.getpid() % 1000 * 20 + 2 * number
        for place, sock in enumerate(pair):
            sock.setblocking(False)
            sock.bind(("127.0.0.1", port + place))
        client = Client(target).play(f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        pair[1].connect((target.address, client.server_port + 1))
        clients.append(client)
        pairs.append(pair)
    with _datagrams() as stranger:
        while time.monotonic() - began < seconds:
            for client, pair in zip(clients, pairs, strict=True):
                for data in noise:
                    with suppress(OSError):
                        pair[1].send(data)
                    for place in (0, 1):
                        with suppress(OSError):
                            stranger.sendto(data, (client.target.address, client.server_port + place))
                with suppress(BlockingIOError):
                    pair[0].recv(2048)
    fates = [Fate((client.ask("OPTIONS").status,), False, time.monotonic() - began) for client in clients]
    for client, pair in zip(clients, pairs, strict=True):
        for sock in (client.sock, *pair):
            sock.close()
    return fates
