"""RTSP 1.0 messages and interleaved frames (RFC 2326): bytes in, values out, and back.

Grammar: start lines 6.1 and 7.1, headers 4 and 12, interleaved binary data 10.12. Lenient where legacy cameras need it
(bare LF as line end, section 4), strict where a hostile peer could profit: every length has a limit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

VERSION = "RTSP/1.0"
MAX_HEADER = 16 * 1024
MAX_BODY = 256 * 1024
MAX_HEADER_LINES = 64

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_START = re.compile(r"RTSP/([0-9]{1,3})\.([0-9]{1,3}) ([0-9]{3})(?: (.*))?")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_END = re.compile(rb"\r?\n\r?\n")
_BLANK = b"\r\n"

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}
"""Reason phrases, RFC 2326 7.1.1."""


class RtspSyntaxError(ValueError):
    """What was received is not RTSP. `status` is what a server answers before it closes the connection."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, init=False)
class Headers:
    """Header lines in their order; names compare without regard to case (RFC 2326 4.2)."""

    pairs: tuple[tuple[str, str], ...]

    def __init__(self, pairs: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        object.__setattr__(self, "pairs", tuple((str(name), str(value)) for name, value in items))

    def get(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next(iter(self.all(name)), None)

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order; `WWW-Authenticate` often comes twice."""
        wanted = name.lower()
        return [value for key, value in self.pairs if key.lower() == wanted]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def encode(self, body: bytes) -> bytes:
        """Header block with its blank line; adds Content-Length (RFC 2326 12.14) if there is a body.

        Raises:
            ValueError: a name is no token, or a value holds a control character.
        """
        pairs = self.pairs
        if body and self.get("Content-Length") is None:
            pairs = (*pairs, ("Content-Length", str(len(body))))
        lines = []
        for name, value in pairs:
            if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
                raise ValueError(f"header {name!r} cannot be sent: {value!r}")
            lines.append(f"{name}: {value}\r\n")
        return _bytes("".join(lines)) + b"\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """A request (RFC 2326 section 6)."""

    method: str
    uri: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def encode(self) -> bytes:
        """Bytes on the wire.

        Raises:
            ValueError: method, URI or a header would break the grammar.
        """
        if not _TOKEN.fullmatch(self.method) or not self.uri or re.search(r"\s", self.uri) or _CONTROL.search(self.uri):
            raise ValueError(f"request line cannot be sent: {self.method!r} {self.uri!r}")
        return _bytes(f"{self.method} {self.uri} {VERSION}\r\n") + self.headers.encode(self.body) + self.body


@dataclass(frozen=True, slots=True)
class Response:
    """A response (RFC 2326 section 7)."""

    status: int
    reason: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    def encode(self) -> bytes:
        """Bytes on the wire.

        Raises:
            ValueError: status, reason or a header would break the grammar.
        """
        if not 100 <= self.status <= 999 or _CONTROL.search(self.reason):
            raise ValueError(f"status line cannot be sent: {self.status} {self.reason!r}")
        return _bytes(f"{VERSION} {self.status} {self.reason}\r\n") + self.headers.encode(self.body) + self.body


@dataclass(frozen=True, slots=True)
class Frame:
    """Interleaved binary data: `payload` is one RTP or RTCP packet (RFC 2326 10.12)."""

    channel: int
    payload: bytes

    def encode(self) -> bytes:
        """`$`, channel, 16-bit length, payload.

        Raises:
            ValueError: channel or length does not fit its field.
        """
        return interleaved(self.channel, len(self.payload)) + self.payload


def interleaved(channel: int, size: int) -> bytes:
    """The four bytes that precede an interleaved packet of `size` bytes."""
    if not 0 <= channel <= 0xFF or not 0 <= size <= 0xFFFF:
        raise ValueError(f"channel {channel} or size {size} does not fit an interleaved frame")
    return b"$" + bytes((channel, size >> 8, size & 0xFF))


Message = Request | Response | Frame


class Decoder:
    """Cuts a byte stream into messages. After an error it stays broken: RTSP cannot be resynchronised.

    Args:
        max_header: most bytes of a start line and headers.
        max_body: most bytes of a body.
    """

    __slots__ = ("_broken", "_buffer", "_head", "_scanned", "max_body", "max_header")

    def __init__(self, max_header: int = MAX_HEADER, max_body: int = MAX_BODY) -> None:
        self.max_header = max_header
        self.max_body = max_body
        self._buffer = bytearray()
        self._scanned = 0
        self._head: tuple[Request | Response, int] | None = None
        self._broken: RtspSyntaxError | None = None

    @property
    def idle(self) -> bool:
        """Whether no half message is waiting for its rest."""
        return not self._buffer and self._head is None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes.

        Raises:
            RtspSyntaxError: not RTSP, or over a limit; messages completed before the fault in the same `data` are lost
                with the connection.
        """
        if self._broken is not None:
            raise self._broken
        self._buffer += data
        found: list[Message] = []
        try:
            while (message := self._next()) is not None:
                found.append(message)
        except RtspSyntaxError as error:
            self._broken = error
            self._buffer.clear()
            raise
        return found

    def _next(self) -> Message | None:
        if self._head is not None:
            return self._complete(*self._head)
        buffer = self._buffer
        while buffer and buffer[0] in _BLANK:  # empty lines between messages (RFC 2616 4.1, by RFC 2326 section 4)
            del buffer[0]
        if not buffer:
            return None
        if buffer[0] == 0x24:
            return self._interleaved()
        end = _END.search(buffer, max(0, self._scanned - 3), self.max_header + 4)
        if end is None:
            if len(buffer) >= self.max_header + 4:  # an end that begins within the limit would have come whole
                raise RtspSyntaxError(f"header longer than {self.max_header} bytes", 413)
            self._scanned = len(buffer)
            return None
        if end.start() > self.max_header:
            raise RtspSyntaxError(f"header longer than {self.max_header} bytes", 413)
        head, size = _parse_head(bytes(buffer[: end.start()]))
        if size > self.max_body:
            raise RtspSyntaxError(f"body of {size} bytes, limit {self.max_body}", 413)
        del buffer[: end.end()]
        self._scanned = 0
        self._head = head, size
        return self._complete(head, size)

    def _interleaved(self) -> Frame | None:
        buffer = self._buffer
        if len(buffer) < 4:
            return None
        end = 4 + (buffer[2] << 8 | buffer[3])
        if len(buffer) < end:
            return None
        frame = Frame(buffer[1], bytes(buffer[4:end]))
        del buffer[:end]
        return frame

    def _complete(self, head: Request | Response, size: int) -> Request | Response | None:
        if len(self._buffer) < size:
            return None
        self._head = None
        if not size:
            return head
        body = bytes(self._buffer[:size])
        del self._buffer[:size]
        if isinstance(head, Request):
            return Request(head.method, head.uri, head.headers, body)
        return Response(head.status, head.reason, head.headers, body)


def _bytes(text: str) -> bytes:
    # Legacy cameras send Latin-1 where RFC 2326 asks for UTF-8; surrogates carry such bytes through unharmed.
    return text.encode("utf-8", "surrogateescape")


def _parse_head(block: bytes) -> tuple[Request | Response, int]:
    """Start line and headers; also the size of the body that follows."""
    text = block.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    first, *lines = text.split("\n")
    headers = _parse_headers(lines)
    length = headers.get("Content-Length")
    if length is not None and not re.fullmatch(r"[0-9]{1,10}", length):
        raise RtspSyntaxError(f"Content-Length {length[:40]!r} is not a number")
    size = int(length or 0)
    if _CONTROL.search(first):
        raise RtspSyntaxError("control character in the start line")
    if first.startswith("RTSP/"):
        return _parse_status(first, headers), size
    return _parse_request(first, headers), size


def _parse_request(line: str, headers: Headers) -> Request:
    parts = line.split(" ")
    if len(parts) != 3 or not _TOKEN.fullmatch(parts[0]) or not parts[1] or re.search(r"\s", parts[1]):
        raise RtspSyntaxError(f"not a request line: {line[:80]!r}")
    method, uri, version = parts
    if version != VERSION:
        known = re.fullmatch(r"RTSP/[0-9]{1,3}\.[0-9]{1,3}", version)
        raise RtspSyntaxError(f"version {version[:20]!r}, only {VERSION} is spoken", 505 if known else 400)
    return Request(method, uri, headers)


def _parse_status(line: str, headers: Headers) -> Response:
    found = _START.fullmatch(line)
    if found is None or int(found[3]) < 100:
        raise RtspSyntaxError(f"not a status line: {line[:80]!r}")
    if (found[1], found[2]) != ("1", "0"):
        raise RtspSyntaxError(f"version RTSP/{found[1]}.{found[2]}, only {VERSION} is spoken", 505)
    return Response(int(found[3]), found[4] or "", headers)


def _parse_headers(lines: list[str]) -> Headers:
    if len(lines) > MAX_HEADER_LINES:
        raise RtspSyntaxError(f"more than {MAX_HEADER_LINES} header lines", 413)
    pairs: list[tuple[str, str]] = []
    for line in lines:
        if _CONTROL.search(line):
            raise RtspSyntaxError("control character in a header")
        if line[:1] in (" ", "\t") and pairs:  # folded line (RFC 2616 2.2)
            name, value = pairs[-1]
            pairs[-1] = name, f"{value} {line.strip(' 	')}".strip(" \t")
            continue
        name, colon, value = line.partition(":")
        name = name.rstrip(" \t")
        if not colon or not _TOKEN.fullmatch(name):
            raise RtspSyntaxError(f"not a header line: {line[:80]!r}")
        pairs.append((name, value.strip(" \t")))
    return Headers(pairs)
