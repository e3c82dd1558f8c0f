"""One RTSP connection to one camera: requests in, answers out (RFC 2326 appendix A.2, server states).

No sockets and no clocks: what must happen outside is asked of a `Delivery`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from citycam.wire.digest import Challenge, verify
from citycam.wire.rtsp import REASONS, Decoder, Headers, Request, Response, RtspSyntaxError
from citycam.wire.transport import TransportSpec, parse_session, parse_transports
from simulators.rtsp import quirks
from simulators.rtsp.device import AuthKind, Dialect

MAX_HEADER = 8 * 1024
MAX_BODY = 8 * 1024
_KNOWN = {"OPTIONS", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"}
_KNOWN |= {"REDIRECT", "RECORD"}

SESSION_IDS: dict[str, Callable[[], str]] = {
    "decimal": lambda: f"{secrets.randbelow(10**10):010d}",
    "short-decimal": lambda: str(10**8 + secrets.randbelow(9 * 10**8)),
    "hex": lambda: secrets.token_hex(4).upper(),
    "long-hex": lambda: secrets.token_hex(16),
    "uuid": lambda: str(uuid4()),
}
"""Forms of session ids that cameras make."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a track begins: RTP sequence number and timestamp of its first packet (RFC 2326 12.33)."""

    track: int
    sequence: int
    timestamp: int


class Delivery(Protocol):
    """What a conversation needs from the world."""

    def accounts(self) -> Mapping[str, str]:
        """Whom the camera lets in: passwords by user name."""
        ...

    def select(self, target: str) -> bool:
        """Make the stream of this path and query the current one; False if there is none, or another one is set up."""
        ...

    def description(self) -> str:
        """The SDP of the stream."""
        ...

    def tracks(self) -> int:
        """How many tracks the stream has: 1 for video, 2 with audio."""
        ...

    def prepare(self, track: int, wish: TransportSpec) -> TransportSpec | None:
        """SETUP: make a track's transport ready and say what was agreed; None if this one cannot be had."""
        ...

    def start(self) -> list[Start] | None:
        """PLAY: from the next key frame on; None if the camera has no session left."""
        ...

    def pause(self) -> None:
        """PAUSE: send nothing until the next PLAY."""
        ...

    def stop(self, cause: str) -> None:
        """TEARDOWN: send nothing any more."""
        ...

    def encode(self, method: str, answer: Response) -> bytes:
        """What is sent in answer to a request: `answer`, unless something is wrong with the camera."""
        ...


class _Refusal(Exception):
    def __init__(self, status: int, **headers: str) -> None:
        super().__init__(status)
        self.status = status
        self.headers = [(name.replace("_", "-"), value) for name, value in headers.items()]


class Account(Protocol):
    """Who is let in at an address, and how the device there speaks."""

    @property
    def dialect(self) -> Dialect:
        """How it speaks."""
        ...

    @property
    def auth(self) -> AuthKind:
        """How it asks for credentials."""
        ...


class Conversation:
    """State of one connection: `init`, `ready` after SETUP, `playing` after PLAY."""

    __slots__ = ("account", "agent", "closing", "decoder", "delivery", "nonce", "refusals", "session", "state", "wrong")

    def __init__(self, account: Account, delivery: Delivery) -> None:
        self.account = account
        self.delivery = delivery
        self.decoder = Decoder(MAX_HEADER, MAX_BODY)
        self.nonce = ""
        self.refusals = 0
        self.wrong = 0
        """Logins with credentials that do not count, until somebody takes them down."""
        self.session = ""
        self.state = "init"
        self.agent = ""
        self.closing = False
        """Set when the connection must be closed after the answer."""

    @property
    def dialect(self) -> Dialect:
        """How this camera speaks."""
        return self.account.dialect

    def receive(self, data: bytes) -> tuple[bytes, int]:
        """The answers to `data`, and how many of its messages keep the session alive. RTCP is never answered."""
        try:
            messages = self.decoder.feed(data)
        except RtspSyntaxError as error:
            self.closing = True
            return self._answer(None, error.status).encode(), 0
        answers = bytearray()
        alive = 0
        for message in messages:
            if isinstance(message, Request):
                answers += self._handle(message)
                alive += message.method in self.dialect.keep_alive or self.state != "playing"
            elif isinstance(message, Response):
                self.closing = True  # a camera asks nothing, so nobody answers it
            else:
                alive += "RTCP" in self.dialect.keep_alive
            if self.closing:
                break
        return bytes(answers), alive

    def _handle(self, request: Request) -> bytes:
        if request.method in self.dialect.unanswered:
            return b""
        answer = self._respond(request)
        if self.dialect.quirks:
            answer = quirks.answer(answer, self.dialect.quirks)
        return self.delivery.encode(request.method, answer)

    def _respond(self, request: Request) -> Response:
        self.agent = self.agent or (request.headers.get("User-Agent") or "")[:80]
        try:
            self._check(request)
            if request.method == "OPTIONS":
                return self._answer(request, 200, [("Public", ", ".join(self.dialect.public))])
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
        if request.method not in self.dialect.public or request.method not in _METHODS:
            raise _Refusal(405, Allow=", ".join(self.dialect.public))
        required = request.headers.get("Require")
        if required is not None:
            raise _Refusal(551, Unsupported=required)

    def _authenticate(self, request: Request) -> None:
        if self.account.auth == "none":
            return
        challenges = self._challenges()
        header = request.headers.get("Authorization")
        if header is not None and any(
            verify(challenge, header, request.method, username, password)
            for challenge in challenges
            for username, password in self.delivery.accounts().items()
        ):
            return
        self.wrong += header is not None
        if "wrong-realm-twice" in self.dialect.quirks and self.refusals < 2:
            challenges = [replace(challenge, realm=f"not {challenge.realm}") for challenge in challenges]
        self.refusals += 1
        refusal = _Refusal(401)
        refusal.headers = [("WWW-Authenticate", challenge.header()) for challenge in challenges]
        raise refusal

    def _challenges(self) -> list[Challenge]:
        basic = Challenge("basic", self.dialect.realm)
        if self.account.auth == "basic":
            return [basic]
        self.nonce = self.nonce or secrets.token_hex(16)
        digest = Challenge("digest", self.dialect.realm, self.nonce, self.dialect.digest)
        return [basic, digest] if "basic-beside-digest" in self.dialect.quirks else [digest]

    def _describe(self, request: Request) -> Response:
        self._presentation(request)
        body = quirks.describe(self.delivery.description(), self.dialect.quirks).encode()
        base = request.uri.rstrip("/") + "/"
        return self._answer(request, 200, [("Content-Base", base), ("Content-Type", "application/sdp")], body)

    def _setup(self, request: Request) -> Response:
        track = self._presentation(request, track=True)
        if self.state == "playing":
            raise _Refusal(455, Allow="PLAY, GET_PARAMETER, TEARDOWN")
        if self.state == "init" and track > 0:
            raise _Refusal(455, Allow="OPTIONS, DESCRIBE, SETUP")  # sound comes along with pictures
        if self.session or request.headers.get("Session") is not None:
            self._in_session(request)
        for wish in parse_transports(request.headers.get("Transport") or ""):
            agreed = self.delivery.prepare(track, wish)
            if agreed is not None:
                break
        else:
            raise _Refusal(461)
        self.session = self.session or SESSION_IDS[self.dialect.session_id]()
        self.state = "ready"
        timeout = f"{self.session};timeout={self.dialect.session_timeout:.0f}"
        return self._answer(request, 200, [("Session", timeout), ("Transport", agreed.encode())])

    def _play(self, request: Request) -> Response:
        if self.state == "init":
            raise _Refusal(455, Allow="OPTIONS, DESCRIBE, SETUP")
        self._in_session(request)
        self._presentation(request, track=True)
        headers = [("Session", self.session)]
        if self.state == "ready":  # a second PLAY is a keep-alive of some players
            starts = self.delivery.start()
            if starts is None:
                raise _Refusal(453)
            self.state = "playing"
            names = self.dialect.tracks
            url = request.uri.rstrip("/").removesuffix("/" + names[0])
            where = (f"url={url}/{names[at.track]};seq={at.sequence};rtptime={at.timestamp}" for at in starts)
            headers += [("Range", "npt=0.000-"), ("RTP-Info", ",".join(where))]
        return self._answer(request, 200, headers)

    def _get_parameter(self, request: Request) -> Response:
        if request.headers.get("Session") is None:
            return self._answer(request, 200)
        self._in_session(request)
        return self._answer(request, 200, [("Session", self.session)])

    def _pause(self, request: Request) -> Response:
        self._in_session(request)
        if self.state == "playing":
            self.delivery.pause()
            self.state = "ready"
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

    def _presentation(self, request: Request, *, track: bool = False) -> int:
        """The URL must name a stream of the camera or, where `track` allows it, a track of it: which one, from 0."""
        try:
            parts = urlsplit(request.uri)
        except ValueError as error:
            raise _Refusal(400) from error
        # Clients append the track to the whole URL, query included, since that is how our Content-Base ends.
        whole = unquote(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        suffixes = [(0, "")] + (
            [(place, f"/{name}") for place, name in enumerate(self.dialect.tracks)] if track else []
        )
        for target in (whole, unquote(parts.path)):
            plain = target.rstrip("/")
            for place, suffix in suffixes:
                stream = plain.removesuffix(suffix).rstrip("/")
                if plain.endswith(suffix) and self.delivery.select(stream) and place < self.delivery.tracks():
                    return place
        raise _Refusal(404)

    def _answer(
        self, request: Request | None, status: int, headers: list[tuple[str, str]] | None = None, body: bytes = b""
    ) -> Response:
        number = request.headers.get("CSeq") if request is not None else None
        first = [("CSeq", number)] if number is not None else []
        server = [("Server", self.dialect.server)] if self.dialect.server else []
        return Response(status, REASONS[status], Headers([*first, *server, *(headers or [])]), body)


_METHODS = {
    "OPTIONS": Conversation._get_parameter,
    "DESCRIBE": Conversation._describe,
    "SETUP": Conversation._setup,
    "PLAY": Conversation._play,
    "PAUSE": Conversation._pause,
    "GET_PARAMETER": Conversation._get_parameter,
    "SET_PARAMETER": Conversation._get_parameter,
    "TEARDOWN": Conversation._teardown,
}
