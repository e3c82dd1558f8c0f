"""Who may call what: WS-UsernameToken, HTTP Digest and Basic, and ONVIF's access classes (Core specification, 5.9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from enum import Enum
from xml.etree.ElementTree import Element

from citycam.wire.digest import Challenge, verify
from simulators.onvif.estate import LEVELS, Host, Level, User
from simulators.onvif.http import Request
from simulators.onvif.soap import Fault, Message

_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_WSSE, _WSU = f"{{{_WSS}wssecurity-secext-1.0.xsd}}", f"{{{_WSS}wssecurity-utility-1.0.xsd}}"
_DIGEST = f"{_WSS}username-token-profile-1.0#PasswordDigest"
_NONCE_S = 300
_SECOND_NS = 1_000_000_000


class Access(Enum):
    """Access classes of operations; the value is the least level that may call them (Core specification, 5.9.4)."""

    PRE_AUTH = ("anybody", 0)
    READ_SYSTEM = ("settings", 1)
    READ_MEDIA = ("media", 1)
    READ_SYSTEM_SENSITIVE = ("details", 2)
    ACTUATE = ("movement", 2)
    READ_SYSTEM_SECRET = ("secrets", 3)
    WRITE_SYSTEM = ("change", 3)
    UNRECOVERABLE = ("end", 3)

    def open_to(self, level: Level | None) -> bool:
        """Whether somebody of this level may call it."""
        return (0 if level is None else len(LEVELS) - LEVELS.index(level)) >= self.value[1]


class Unauthorized(Exception):
    """Credentials are wanted, or were wrong: answer 401 with a challenge."""

    def __init__(self, challenges: list[Challenge]) -> None:
        super().__init__("credentials are wanted")
        self.challenges = challenges


def not_authorized() -> Fault:
    """The fault of a call that its sender may not make."""
    return Fault("Sender", "NotAuthorized", reason="Sender not Authorized")


def level_of(host: Host, request: Request, message: Message) -> Level | None:
    """What its credentials make of the sender of a message; None without any.

    Raises:
        Fault: a WS-UsernameToken is wrong, too old, too new, or was used before.
        Unauthorized: HTTP credentials are wrong.
    """
    if host.auth == "none":
        return "Administrator"
    token = message.block(f"{_WSSE}Security")
    token = token.find(f"{_WSSE}UsernameToken") if token is not None else None
    if token is not None:
        return _token_level(host, token)
    return http_level(host, request)


def http_level(host: Host, request: Request) -> Level | None:
    """What the Authorization header makes of the sender of a request; None without one.

    Raises:
        Unauthorized: it is wrong.
    """
    if host.auth == "none":
        return "Administrator"
    if "authorization" not in request.headers:
        return None
    user = http_user(host, request)
    if user is None:
        header = request.headers["authorization"]
        raise Unauthorized(challenges(host, stale=_nonce_in(header) is not None and not _accepted(host, header)))
    return user.level


def http_user(host: Host, request: Request) -> User | None:
    """Whose credentials the Authorization header holds; None if they are wrong."""
    header = request.headers.get("authorization", "")
    for challenge in _accepted(host, header):
        for user in host.users():
            if verify(challenge, header, request.method, user.name, user.password) and _same_target(header, request):
                return user
    return None


def challenges(host: Host, *, stale: bool = False) -> list[Challenge]:
    """What a 401 asks for. Digest always; Basic too where the device is set to it."""
    digest = Challenge("digest", host.realm, _new_nonce(host), qop="auth", stale=stale)
    return [Challenge("basic", host.realm), digest] if host.auth == "basic" else [digest]


def _accepted(host: Host, header: str) -> list[Challenge]:
    if header[:6].lower() == "basic ":
        return [Challenge("basic", host.realm)] if host.auth == "basic" else []
    nonce = _nonce_in(header)
    if nonce is None or not _ours(host, nonce):
        return []
    return [Challenge("digest", host.realm, nonce, qop="auth"), Challenge("digest", host.realm, nonce)]


def _nonce_in(header: str) -> str | None:
    found = re.search(r'\bnonce="([^"]*)"', header)
    return found[1] if found else None


def _same_target(header: str, request: Request) -> bool:
    """RFC 7616 3.4.6: the signed URI must be that of the request."""
    found = re.search(r'\buri="([^"]*)"', header)
    return found is None or found[1] == request.target or found[1].endswith(request.target)


def _seal(host: Host, instant: str) -> str:
    return hmac.new(host.secret("nonce").encode(), instant.encode(), hashlib.sha256).hexdigest()[:24]


def _new_nonce(host: Host) -> str:
    """Nothing is kept of it: it tells when it was made, under the device's seal."""
    instant = f"{host.clock_ns() // _SECOND_NS:x}"
    return f"{instant}-{_seal(host, instant)}"


def _ours(host: Host, nonce: str) -> bool:
    instant, _, seal = nonce.partition("-")
    if not re.fullmatch("[0-9a-f]{1,12}", instant) or not hmac.compare_digest(
        seal.encode(), _seal(host, instant).encode()
    ):
        return False
    return abs(host.clock_ns() // _SECOND_NS - int(instant, 16)) <= _NONCE_S


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _token_level(host: Host, token: Element) -> Level:
    """UsernameToken profile 1.0; freshness is judged by the device's own clock, however wrong that is."""
    name = token.findtext(f"{_WSSE}Username", "").strip()
    password = token.find(f"{_WSSE}Password")
    user = next((one for one in host.users() if one.name == name), None)
    if password is None or user is None:
        raise not_authorized()
    if password.get("Type") == _DIGEST:
        _check_digest(host, token, user, password.text or "")
    elif not _same(password.text or "", user.password):
        raise not_authorized()
    return user.level


def _check_digest(host: Host, token: Element, user: User, given: str) -> None:
    created = token.findtext(f"{_WSU}Created", "").strip()
    try:
        nonce = base64.b64decode(token.findtext(f"{_WSSE}Nonce", "").strip(), validate=True)
        instant = datetime.fromisoformat(created)
        created_ns = int((instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()) * _SECOND_NS
    except (ValueError, OverflowError) as error:
        raise not_authorized() from error
    sha = hashlib.sha1(nonce + created.encode() + user.password.encode(), usedforsecurity=False).digest()
    if not _same(base64.b64encode(sha).decode(), given.strip()):
        raise not_authorized()
    now_ns, window_ns = host.clock_ns(), int(host.equipment.token_window * _SECOND_NS)
    if abs(now_ns - created_ns) > window_ns:
        raise not_authorized()
    if not host.state.first_use(f"{nonce.hex()} {created}", now_ns, created_ns + window_ns):
        raise not_authorized()
