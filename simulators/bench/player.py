"""An RTSP client that plays one stream by TCP and then hands over its socket, where the next byte begins a packet."""

from __future__ import annotations

import socket

from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Headers, Request, Response
from simulators.bench.target import Target

_PATIENCE_S = 30.0
_END = b"\r\n\r\n"


def play(target: Target) -> socket.socket:
    """A socket on which interleaved packets come; blocking until PLAY is answered.

    Raises:
        ConnectionError: the server refuses or closes.
        OSError: it cannot be reached, or does not answer within 30 s.
    """
    sock = socket.create_connection((target.address, target.port), _PATIENCE_S)
    try:
        if target.path:
            _Player(target, sock).play()
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


class _Player:
    def __init__(self, target: Target, sock: socket.socket) -> None:
        self._target = target
        self._sock = sock
        self._url = f"rtsp://{target.address}:{target.port}{target.path}"
        self._number = 0
        self._challenge: Challenge | None = None

    def play(self) -> None:
        """Go through DESCRIBE, SETUP of the pictures, and PLAY."""
        description = self._ask("DESCRIBE", self._url)
        base = description.headers.get("Content-Base") or self._url
        track = control(description.body.decode("latin-1"), base)
        setup = self._ask("SETUP", track, ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"))
        session = (setup.headers.get("Session") or "").partition(";")[0]
        self._ask("PLAY", base, ("Session", session))

    def _ask(self, method: str, url: str, *headers: tuple[str, str]) -> Response:
        response = self._exchange(method, url, headers)
        found = response.headers.get("WWW-Authenticate")
        if response.status == 401 and found is not None:
            self._challenge = Challenge.parse(found)
            response = self._exchange(method, url, headers)
        if response.status != 200:
            raise ConnectionError(f"{url}: {method} is answered {response.status} {response.reason}")
        return response

    def _exchange(self, method: str, url: str, headers: tuple[tuple[str, str], ...]) -> Response:
        self._number += 1
        pairs = [("CSeq", str(self._number)), ("User-Agent", "citycam-drain"), *headers]
        if self._challenge is not None:
            credentials = (self._target.username, self._target.password)
            pairs.append(("Authorization", authorization(self._challenge, method, url, *credentials)))
        self._sock.sendall(Request(method, url, Headers(pairs)).encode())
        # PLAY has no body to wait for, and its first packets may lie behind the answer already: they are not ours.
        return self._answer(method, exactly=method == "PLAY")

    def _answer(self, method: str, *, exactly: bool) -> Response:
        decoder = Decoder()
        while True:
            size = self._head_size() if exactly else 65536
            data = self._sock.recv(size)
            if not data:
                raise ConnectionError(f"{self._url}: closed during {method}")
            for message in decoder.feed(data):
                if isinstance(message, Response):
                    return message

    def _head_size(self) -> int:
        """Bytes up to the end of the answer's head, or of a packet that lies before it; 1 while neither is whole."""
        seen = self._sock.recv(65536, socket.MSG_PEEK)
        if seen[:1] == b"$" and len(seen) >= 4:
            return min(len(seen), 4 + int.from_bytes(seen[2:4], "big"))
        return seen.find(_END) + len(_END) if _END in seen else 1


def control(description: str, base: str) -> str:
    """The URL to set up the pictures with (RFC 2326 C.1.1).

    Args:
        description: SDP.
        base: Content-Base, or the URL that was described.
    """
    found = ""
    inside = False
    for line in description.splitlines():
        if line.startswith("m="):
            inside = line.startswith("m=video")
        elif inside and line.startswith("a=control:"):
            found = line.removeprefix("a=control:").strip()
    if found.startswith("rtsp://") or not found:
        return found or base
    return f"{base.rstrip('/')}/{found}"
