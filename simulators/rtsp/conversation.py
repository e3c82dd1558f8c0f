"""One RTSP connection to one camera: requests in, answers out (RFC 2326 appendix A.2, server states).

No sockets and no clocks: what must happen outside is asked of a `Delivery`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from citycam.wire.digest import Challenge, verify
from citycam.wire.rtsp import REASONS, Decoder, Headers, Request, Response, RtspSyntaxError
from citycam.wire.transport import TransportSpec, parse_session, parse_transports
from simulators.rtsp.device import Device

MAX_HEADER = 8 * 1024
MAX_BODY = 8 * 1024
_KNOWN = {"OPTIONS", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"}
_KNOWN |= {"REDIRECT", "RECORD"}


@dataclass(frozen=True, slots=True)
class Start:
    """Where a stream begins: RTP sequence number and timestamp of its first packet (RFC 2326 12.33)."""

    sequence: int
    timestamp: int


class Delivery(Protocol):
    """What a conversation needs from the world."""

    def password(self) -> str:
        """The camera's password."""
        ...

    def description(self) -> str:
        """The SDP of the stream."""
        ...

    def prepare(self, wish: TransportSpec) -> TransportSpec | None:
        """SETUP: make a transport ready and say what was agreed; None if this one cannot be had."""
        ...

    def start(self) -> Start | None:
        """PLAY: from the next key frame on; None if the camera has no session left."""
        ...

    def stop(self, cause: str) -> None:
        """TEARDOWN: send nothing any more."""
        ...


class _Refusal(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]


class Conversation:
    """State of one connection: `init`, `ready` after SETUP, `playing` after PLAY."""

    __slots__ = ("agent", "closing", "decoder", "delivery", "device", "nonce", "session", "state")

    def __init__(self, device: Device, delivery: Delivery) -> None:
        self.device = device
        self.delivery = delivery
        self.decoder = Decoder(MAX_HEADER, MAX_BODY)
        self.nonce = ""
        self.session = ""
        self.state = "init"
        self.agent = ""
        self.closing = False
        """Set when the connection must be closed after the answer."""

    def receive(self, data: bytes) -> tuple[bytes, int]:
        """The answers to `data`, and how many messages it completed; interleaved RTCP is one, and is not answered."""
        try:
            messages = self.decoder.feed(data)
        except RtspSyntaxError as error:
            self.closing = True
            return self._answer(None, error.status).encode(), 0
        answers = bytearray()
        for message in messages:
            if isinstance(message, Request):
                answers += self._handle(message).encode()
            elif isinstance(message, Response):
                self.closing = True  # a camera asks nothing, so nobody answers it
            if self.closing:
                break
        return bytes(answers), len(messages)

    def _handle(self, request: Request) -> Response:
        self.agent = self.agent or (request.headers.get("User-Agent") or "")[:80]
        try:
            self._check(request)
            if request.method == "OPTIONS":
                return self._answer(request, 200, [("Public", ", ".join(self.device.dialect.public))])
            self._authenticate(request)
            return _METHODS[request.method](self, request)
        except _Refusal as refusal:
            return self._answer(request, refusal.status, refusal.headers)

    def _check(self, request: Request) -> None:
        number = request.headers.get("CSeq")
        if number is None or not (number.isascii() and number.isdigit() and len(number) <= 10):
            raise _Refusal(400)
        if request.method not in _KNOWN:
            raise _Refusal(501)
        if request.method not in self.device.dialect.public or request.method not in _METHODS:
            raise _Refusal(405, Allow=", ".join(self.device.dialect.public))
        required = request.headers.get("Require")
        if required is not None:
            raise _Refusal(551, Unsupported=required)

    def _authenticate(self, request: Request) -> None:
        challenge = self._challenge()
        header = request.headers.get("Authorization")
        device = self.device
        if header is None or not verify(challenge, header, request.method, device.username, self.delivery.password()):
            raise _Refusal(401, WWW_Authenticate=challenge.header())

    def _challenge(self) -> Challenge:
        dialect = self.device.dialect
        if self.device.auth == "basic":
            return Challenge("basic", dialect.realm)
        self.nonce = self.nonce or secrets.token_hex(16)
        return Challenge("digest", dialect.realm, self.nonce, dialect.digest)

    def _describe(self, request: Request) -> Response:
        self._presentation(request)
        body = self.delivery.description().encode()
        base = request.uri.partition("?")[0].rstrip("/") + "/"
        return self._answer(request, 200, [("Content-Base", base), ("Content-Type", "application/sdp")], body)

    def _setup(self, request: Request) -> Response:
        self._presentation(request, track=True)
        if self.state == "playing":
            raise _Refusal(455, Allow="PLAY, GET_PARAMETER, TEARDOWN")
        if self.session or request.headers.get("Session") is not None:
            self._in_session(request)
        for wish in parse_transports(request.headers.get("Transport") or ""):
            agreed = self.delivery.prepare(wish)
            if agreed is not None:
                break
        else:
            raise _Refusal(461)
        self.session = self.session or f"{secrets.randbelow(10**10):010d}"
        self.state = "ready"
        timeout = f"{self.session};timeout={self.device.dialect.session_timeout:.0f}"
        return self._answer(request, 200, [("Session", timeout), ("Transport", agreed.encode())])

    def _play(self, request: Request) -> Response:
        if self.state == "init":
            raise _Refusal(455, Allow="OPTIONS, DESCRIBE, SETUP")
        self._in_session(request)
        self._presentation(request, track=True)
        headers = [("Session", self.session)]
        if self.state == "ready":  # a second PLAY is a keep-alive of some players
            start = self.delivery.start()
            if start is None:
                raise _Refusal(453)
            self.state = "playing"
            url = request.uri.partition("?")[0].rstrip("/").removesuffix("/" + self.device.dialect.track)
            where = f"url={url}/{self.device.dialect.track};seq={start.sequence};rtptime={start.timestamp}"
            headers += [("Range", "npt=0.000-"), ("RTP-Info", where)]
        return self._answer(request, 200, headers)

    def _get_parameter(self, request: Request) -> Response:
        if request.headers.get("Session") is None:
            return self._answer(request, 200)
        self._in_session(request)
        return self._answer(request, 200, [("Session", self.session)])

    def _teardown(self, request: Request) -> Response:
        self._in_session(request)
        self.delivery.stop("teardown")
        answer = self._answer(request, 200, [("Session", self.session)])
        self.session = ""
        self.state = "init"
        return answer

    def _in_session(self, request: Request) -> None:
        given = request.headers.get("Session")
        if not self.session or given is None or parse_session(given)[0] != self.session:
            raise _Refusal(454)

    def _presentation(self, request: Request, *, track: bool = False) -> None:
        """The URL must name the camera's stream or, where `track` allows it, its one track."""
        try:
            path = unquote(urlsplit(request.uri).path).rstrip("/")
        except ValueError as error:
            raise _Refusal(400) from error
        wanted = self.device.path.rstrip("/")
        if path != wanted and not (track and path == f"{wanted}/{self.device.dialect.track}"):
            raise _Refusal(404)

    def _answer(
        self, request: Request | None, status: int, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> Response:
        number = request.headers.get("CSeq") if request is not None else None
        first = [("CSeq", number)] if number is not None else []
        server = [("Server", self.device.dialect.server)]
        return Response(status, REASONS[status], Headers([*first, *server, *(headers or [])]), body)


_METHODS = {
    "OPTIONS": Conversation._get_parameter,
    "DESCRIBE": Conversation._describe,
    "SETUP": Conversation._setup,
    "PLAY": Conversation._play,
    "GET_PARAMETER": Conversation._get_parameter,
    "TEARDOWN": Conversation._teardown,
}
