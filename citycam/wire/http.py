"""HTTP/1.1 as a client of cameras needs it (RFC 9112): requests as bytes, answers out of bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from citycam.wire.rtsp import Headers

MAX_HEAD = 16 * 1024
MAX_BODY = 1024 * 1024
"""GetProfiles of a recorder with 64 channels takes about 150 kB."""

_START = re.compile(r"HTTP/1\.[01] ([1-5][0-9]{2})(?: (.*))?")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_BODILESS = (204, 304)


class HttpSyntaxError(ValueError):
    """What was received is not HTTP/1.x, or passes a limit."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `alive`: whether the connection takes another request."""

    status: int
    reason: str
    headers: Headers
    body: bytes = b""
    alive: bool = True


def request(
    method: str, host: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"", kind: str = ""
) -> bytes:
    """Bytes of a request; `kind` is the Content-Type of its body.

    Raises:
        ValueError: a part would break the grammar.
    """
    if re.search(r"[\s\x00-\x1f\x7f]", method + host + target) or not method or not target:
        raise ValueError(f"request line cannot be sent: {method!r} {target!r}")
    pairs = [("Host", host), *headers]
    if body:
        pairs += [("Content-Type", kind), ("Content-Length", str(len(body)))]
    return f"{method} {target} HTTP/1.1\r\n".encode() + Headers(pairs).encode(b"") + body


class Decoder:
    """Puts one answer after another together. After an error it stays broken."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        self._max_body = max_body
        self._buffer = bytearray()
        self._head: Response | None = None
        self._size: int | None = 0
        self._chunked = False
        self._body = bytearray()

    def feed(self, data: bytes) -> Response | None:
        """The answer that `data` completes, if it does; interim answers (RFC 9110 15.2) are passed over.

        Raises:
            HttpSyntaxError: not HTTP/1.x, or over a limit.
        """
        self._buffer += data
        while True:
            if self._head is None:
                self._head = self._begin()
            head = self._head
            if head is None or not self._complete():
                return None
            self._head = None
            if head.status >= 200:
                return Response(head.status, head.reason, head.headers, bytes(self._body), head.alive)

    def end(self) -> Response | None:
        """The peer has closed: the answer that lasts until then (RFC 9112 6.3), or None."""
        head, self._head = self._head, None
        if head is None or self._chunked or self._size is not None:
            return None
        return Response(head.status, head.reason, head.headers, bytes(self._body), alive=False)

    def _begin(self) -> Response | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_HEAD or (end < 0 and len(self._buffer) > MAX_HEAD):
            raise HttpSyntaxError(f"head longer than {MAX_HEAD} bytes")
        if end < 0:
            if not b"HTTP/1.".startswith(self._buffer[:7]):
                raise HttpSyntaxError(f"not HTTP: {bytes(self._buffer[:40])!r}")
            return None
        first, *lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        del self._buffer[: end + 4]
        found = _START.fullmatch(first)
        if found is None:
            raise HttpSyntaxError(f"not a status line: {first[:80]!r}")
        pairs = [
            (name.strip(), value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon
        ]
        headers = Headers(pairs)
        self._measure(int(found[1]), headers)
        connection = (headers.get("Connection") or "").lower()
        alive = "close" not in connection and ("keep-alive" in connection or first.startswith("HTTP/1.1"))
        return Response(
            int(found[1]), found[2] or "", headers, alive=alive and (self._chunked or self._size is not None)
        )

    def _measure(self, status: int, headers: Headers) -> None:
        length = headers.get("Content-Length")
        self._body.clear()
        self._chunked = "chunked" in (headers.get("Transfer-Encoding") or "").lower()
        if status < 200 or status in _BODILESS:
            self._size, self._chunked = 0, False
        elif length is None or self._chunked:
            self._size = None
        elif not re.fullmatch(r"[0-9]{1,10}", length) or int(length) > self._max_body:
            raise HttpSyntaxError(f"a body of {length[:20]!r} bytes, limit {self._max_body}")
        else:
            self._size = int(length)

    def _complete(self) -> bool:
        if self._chunked:
            return self._take_chunks()
        wanted = len(self._buffer) if self._size is None else self._size - len(self._body)
        self._body += self._buffer[:wanted]
        del self._buffer[:wanted]
        if len(self._body) > self._max_body:
            raise HttpSyntaxError(f"a body of more than {self._max_body} bytes")
        return self._size is not None and len(self._body) == self._size

    def _take_chunks(self) -> bool:
        """RFC 9112 7.1; trailers are dropped."""
        while (end := self._buffer.find(b"\r\n")) >= 0:
            found = _SIZE.fullmatch(bytes(self._buffer[:end]).partition(b";")[0].strip())
            size = int(found[0], 16) if found else -1
            if not 0 <= size <= self._max_body - len(self._body):
                raise HttpSyntaxError("size of a chunk is no number, or too large")
            after = end + 2 + size
            if not size:
                close = self._buffer.find(b"\r\n\r\n", end)
                if close < 0:
                    return False
                del self._buffer[: close + 4]
                return True
            if len(self._buffer) < after + 2:
                return False
            self._body += self._buffer[end + 2 : after]
            del self._buffer[: after + 2]
        if len(self._buffer) > 256:
            raise HttpSyntaxError("size of a chunk is too long")
        return False
