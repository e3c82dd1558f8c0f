"""One connection of somebody who may mean harm: what it says, and what becomes of it."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from typing import NamedTuple

from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Headers, Request, Response

PATIENCE_S = 40.0


class Target(NamedTuple):
    """A camera and, for attacks from within, its account."""

    address: str
    port: int
    path: str
    username: str
    password: str

    @property
    def url(self) -> str:
        return f"rtsp://{self.address}:{self.port}{self.path}"


class Fate(NamedTuple):
    """Of one connection: statuses that were answered, and whether and when the camera closed it (s after it began)."""

    statuses: tuple[int, ...]
    closed: bool
    seconds: float


def connect(target: Target, *, receive_buffer: int = 0) -> socket.socket:
    sock = socket.socket()
    sock.settimeout(PATIENCE_S)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.connect((target.address, target.port))
    return sock


def fate(sock: socket.socket, began: float, patience_s: float = PATIENCE_S) -> Fate:
    """Read until the camera closes the connection, or no longer than that."""
    decoder, statuses, closed = Decoder(), [], False
    deadline = time.monotonic() + patience_s
    with suppress(TimeoutError):
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                data = sock.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                closed = True
                break
            statuses += [one.status for one in decoder.feed(data) if isinstance(one, Response)]
    seconds = time.monotonic() - began
    sock.close()
    return Fate(tuple(statuses), closed, seconds)


def told(target: Target, *pieces: bytes, patience_s: float = PATIENCE_S) -> Fate:
    """Send what is given and see what comes of it; a camera may hang up before all of it is out."""
    began, sock = time.monotonic(), connect(target)
    with suppress(OSError):
        for piece in pieces:
            sock.sendall(piece)
    return fate(sock, began, patience_s)


class Client:
    """A client that behaves, up to where its attack begins."""

    def __init__(self, target: Target, *, receive_buffer: int = 0) -> None:
        self.target = target
        self.began = time.monotonic()
        self.sock = connect(target, receive_buffer=receive_buffer)
        self.session = ""
        self.server_port = 0
        self._challenge: Challenge | None = None
        self._decoder = Decoder()

    def ask(self, method: str, url: str = "", **headers: str) -> Response:
        answer = self._exchange(method, url or self.target.url, headers)
        if answer.status == 401 and self._challenge is None:
            self._challenge = Challenge.parse(answer.headers.get("WWW-Authenticate") or "")
            answer = self._exchange(method, url or self.target.url, headers)
        self.session = (answer.headers.get("Session") or "").partition(";")[0] or self.session
        return answer

    def request(self, method: str, url: str = "", **headers: str) -> bytes:
        url = url or self.target.url
        pairs = {"CSeq": "1", "User-Agent": "hostile"} | ({"Session": self.session} if self.session else {}) | headers
        if self._challenge is not None:
            account = self.target.username, self.target.password
            pairs["Authorization"] = authorization(self._challenge, method, url, *account)
        return Request(method, url, Headers({name: value for name, value in pairs.items() if value})).encode()

    def _exchange(self, method: str, url: str, headers: dict[str, str]) -> Response:
        self.sock.sendall(self.request(method, url, **headers))
        return self.answer()

    def answer(self) -> Response:
        """The next one."""
        while True:
            data = self.sock.recv(65536)
            if not data:
                raise ConnectionError(f"{self.target.url}: closed instead of an answer")
            for message in self._decoder.feed(data):
                if isinstance(message, Response):
                    return message

    def play(self, transport: str = "RTP/AVP/TCP;unicast;interleaved=0-1") -> Client:
        setup = self.ask("SETUP", self.target.url + "/trackID=1", Transport=transport)
        assert setup.status == 200, setup
        ports = [part for part in (setup.headers.get("Transport") or "").split(";") if part.startswith("server_port=")]
        self.server_port = int(ports[0].partition("=")[2].partition("-")[0]) if ports else 0
        assert self.ask("PLAY").status == 200
        return self
