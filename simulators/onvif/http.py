"""HTTP/1.1 as a camera's little web server speaks it (RFC 9112): requests out of bytes, bytes out of answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qs

MAX_HEAD = 8 * 1024
MAX_BODY = 64 * 1024
_MAX_FIELDS = 64
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_TARGET = re.compile(r"[!-~]+")


class HttpError(Exception):
    """What came is no request, or too large a one; the connection cannot go on."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Request:
    """One request. Names of headers are in lower case; fields that came twice are joined by a comma."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""
    keep_alive: bool = True

    @cached_property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """What the query says; nothing if it says too much."""
        try:
            return parse_qs(self.target.partition("?")[2], keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `headers` are those beside type and length."""

    status: int
    body: bytes = b""
    kind: str = "text/plain"
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, server: str, *, keep_alive: bool, head: bool = False) -> bytes:
        """As it goes out; `head` leaves out the body."""
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        lines += [f"Server: {server}"] * bool(server)
        lines += [f"{name}: {value}" for name, value in self.headers]
        lines += [f"Content-Type: {self.kind}"] * bool(self.body)
        lines += [f"Content-Length: {len(self.body)}", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if head else self.body)


class Decoder:
    """Cuts a byte stream into requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Request | None = None
        self._length = 0
        self._chunks: bytearray | None = None
        self.continues = False
        """Set while a client waits for `100 Continue` (RFC 9110 10.1.1); whoever sends that clears it."""

    @property
    def idle(self) -> bool:
        """Whether no request has begun."""
        return not self._buffer and self._head is None

    def feed(self, data: bytes) -> list[Request]:
        """The requests that are complete now.

        Raises:
            HttpError: this is no HTTP/1.x, or one of the limits is passed.
        """
        self._buffer += data
        found = []
        while (request := self._next()) is not None:
            found.append(request)
        return found

    def _next(self) -> Request | None:
        if self._head is None and not self._begin():
            return None
        body = self._plain() if self._chunks is None else self._chunked()
        head = self._head
        if body is None or head is None:
            return None
        self._head, self._chunks, self.continues = None, None, False
        return Request(head.method, head.target, head.headers, body, head.keep_alive)

    def _begin(self) -> bool:
        while self._buffer.startswith(b"\r\n"):  # RFC 9112 2.2: an empty line before a request is passed over
            del self._buffer[:2]
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_HEAD or (end < 0 and len(self._buffer) > MAX_HEAD):
            raise HttpError(431, "head too long")
        if end < 0:
            return False
        head = bytes(self._buffer[:end]).decode("latin-1")
        del self._buffer[: end + 4]
        self._head = _head(head)
        self._measure(self._head.headers)
        return True

    def _measure(self, headers: dict[str, str]) -> None:
        coding, length = headers.get("transfer-encoding"), headers.get("content-length")
        if coding is not None:
            if length is not None or coding.lower() != "chunked":
                raise HttpError(501 if length is None else 400, "transfer coding not supported")
            self._chunks = bytearray()
        elif length is not None and not (length.isascii() and length.isdigit() and len(length) < 20):
            raise HttpError(400, "Content-Length is no number")
        self._length = int(length or 0)
        if self._length > MAX_BODY:
            raise HttpError(413, "body too long")
        self.continues = headers.get("expect", "").lower() == "100-continue"

    def _plain(self) -> bytes | None:
        if len(self._buffer) < self._length:
            return None
        body = bytes(self._buffer[: self._length])
        del self._buffer[: self._length]
        return body

    def _chunked(self) -> bytes | None:
        """RFC 9112 7.1; trailers are not taken."""
        assert self._chunks is not None
        while (end := self._buffer.find(b"\r\n")) >= 0:
            size = _chunk_size(bytes(self._buffer[:end]))
            if len(self._chunks) + size > MAX_BODY:
                raise HttpError(413, "body too long")
            if len(self._buffer) < end + 2 + size + 2:
                return None
            if self._buffer[end + 2 + size : end + 4 + size] != b"\r\n":
                raise HttpError(400, "a chunk does not end where it says")
            self._chunks += self._buffer[end + 2 : end + 2 + size]
            del self._buffer[: end + 4 + size]
            if size == 0:
                return bytes(self._chunks)
        if len(self._buffer) > 256:
            raise HttpError(400, "size of a chunk too long")
        return None


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
        raise HttpError(400, "size of a chunk is no number")
    return int(digits, 16)


def _head(text: str) -> Request:
    first, *lines = text.split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not _TARGET.fullmatch(parts[1]):
        raise HttpError(400, "not a request line")
    if parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise HttpError(505 if parts[2].startswith("HTTP/") else 400, "not HTTP/1.x")
    if len(lines) > _MAX_FIELDS:
        raise HttpError(431, "too many fields")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name) or "\n" in value or "\r" in value or "\0" in value:
            raise HttpError(400, "not a header field")
        name, value = name.lower(), value.strip(" \t")
        if name in headers:
            if name in ("content-length", "host", "authorization"):
                raise HttpError(400, f"two fields {name}")
            value = f"{headers[name]}, {value}"
        headers[name] = value
    tokens = headers.get("connection", "").lower()
    alive = "close" not in tokens and (parts[2] == "HTTP/1.1" or "keep-alive" in tokens)
    return Request(parts[0], parts[1], headers, b"", alive)
