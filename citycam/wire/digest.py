"""HTTP authentication as RTSP uses it: Basic (RFC 7617) and Digest (RFC 7616, and RFC 2069 without qop).

Most cameras send no `qop`; both forms are computed and verified, with MD5 and SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

_PARAMETER = re.compile(r'\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for in `WWW-Authenticate`. `nonce` and the fields after it are Digest's."""

    scheme: Literal["basic", "digest"]
    realm: str
    nonce: str = ""
    algorithm: Literal["MD5", "SHA-256"] = "MD5"
    qop: str = ""
    opaque: str = ""
    stale: bool = False

    @classmethod
    def parse(cls, value: str) -> Challenge:
        """Read one header value.

        Raises:
            ValueError: another scheme, an unknown algorithm, or a parameter that is missing.
        """
        scheme, _, rest = value.strip().partition(" ")
        given = _parameters(rest)
        if scheme.lower() == "basic":
            return cls("basic", given.get("realm", ""))
        if scheme.lower() != "digest" or "nonce" not in given:
            raise ValueError(f"not a Basic or Digest challenge: {scheme[:40]!r}")
        algorithm = given.get("algorithm", "MD5").upper()
        if algorithm not in _ALGORITHMS:
            raise ValueError(f"Digest algorithm {algorithm[:40]!r} is not known")
        return cls(
            "digest",
            given.get("realm", ""),
            given["nonce"],
            "SHA-256" if algorithm == "SHA-256" else "MD5",
            "auth" if "auth" in re.split(r"[\s,]+", given.get("qop", "")) else "",
            given.get("opaque", ""),
            given.get("stale", "").lower() == "true",
        )

    def header(self) -> str:
        """The value of `WWW-Authenticate`."""
        if self.scheme == "basic":
            return f"Basic realm={_quote(self.realm)}"
        parts = [f"realm={_quote(self.realm)}", f"nonce={_quote(self.nonce)}"]
        if self.algorithm != "MD5":
            parts.append(f"algorithm={self.algorithm}")  # MD5 goes unnamed: some clients refuse a name they know
        parts += [f'qop="{self.qop}"'] * bool(self.qop)
        parts += [f"opaque={_quote(self.opaque)}"] * bool(self.opaque)
        parts += ["stale=true"] * self.stale
        return "Digest " + ", ".join(parts)


def authorization(
    challenge: Challenge, method: str, uri: str, username: str, password: str, *, cnonce: str = "", count: int = 1
) -> str:
    """The value of `Authorization` that answers `challenge`.

    Args:
        challenge: what the server asked for.
        method: of the request that carries the header.
        uri: of the same request, as written in it.
        username: who asks; goes out in the clear.
        password: their secret.
        cnonce: fresh random text, needed when the challenge has a `qop` (RFC 7616 3.4).
        count: how often this nonce was used, this time included.

    Raises:
        ValueError: the challenge has a `qop` and `cnonce` is empty.
    """
    if challenge.scheme == "basic":
        return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
    if challenge.qop and not cnonce:
        raise ValueError("this challenge has a qop: a cnonce is required (RFC 7616 3.4)")
    times = f"{count:08x}" if challenge.qop else ""
    secret = _hash(challenge, f"{username}:{challenge.realm}:{password}")
    response = _response(challenge, secret, f"{method}:{uri}", times, cnonce)
    parts = [
        f"username={_quote(username)}",
        f"realm={_quote(challenge.realm)}",
        f"nonce={_quote(challenge.nonce)}",
        f"uri={_quote(uri)}",
        f'response="{response}"',
    ]
    if challenge.algorithm != "MD5":
        parts.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        parts += [f"qop={challenge.qop}", f"nc={times}", f"cnonce={_quote(cnonce)}"]
    if challenge.opaque:
        parts.append(f"opaque={_quote(challenge.opaque)}")
    return "Digest " + ", ".join(parts)


def verify(challenge: Challenge, header: str, method: str, username: str, password: str) -> bool:
    """Whether an `Authorization` value answers `challenge` for this user; never raises.

    The `uri` is taken from the header: players differ in whether they sign the presentation or the track.
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != challenge.scheme:
        return False
    if challenge.scheme == "basic":
        return _same(_credentials(rest), f"{username}:{password}")
    given = _parameters(rest)
    if given.get("username") != username or given.get("nonce") != challenge.nonce:
        return False
    if given.get("realm") != challenge.realm or given.get("algorithm", "MD5").upper() != challenge.algorithm:
        return False
    if challenge.qop and given.get("qop") != challenge.qop:
        return False
    secret = _hash(challenge, f"{username}:{challenge.realm}:{password}")
    request = f"{method}:{given.get('uri', '')}"
    expected = _response(challenge, secret, request, given.get("nc", ""), given.get("cnonce", ""))
    return _same(given.get("response", "").lower(), expected)


def _response(challenge: Challenge, secret: str, request: str, times: str, cnonce: str) -> str:
    """RFC 7616 3.4.1, or RFC 2069 2.1.2 when there is no qop."""
    middle = f"{challenge.nonce}:{times}:{cnonce}:{challenge.qop}" if challenge.qop else challenge.nonce
    return _hash(challenge, f"{secret}:{middle}:{_hash(challenge, request)}")


def _hash(challenge: Challenge, text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return hashlib.new(_ALGORITHMS[challenge.algorithm], data, usedforsecurity=False).hexdigest()


def _credentials(token: str) -> str:
    try:
        return base64.b64decode(token.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _parameters(text: str) -> dict[str, str]:
    """`name=value` pairs (RFC 7235 2.1); reading stops at the first that is malformed."""
    found: dict[str, str] = {}
    at = 0
    while match := _PARAMETER.match(text, at):
        quoted = match[2]
        value = match[3] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        found.setdefault(match[1].lower(), value)
        at = match.end()
    return found
