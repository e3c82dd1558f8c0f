"""Password hashes that are the same at every run, so that an unchanged password is no change. Pure.

The salt comes from a secret of the stack and the user's name. Passwords hold 192 random bits, which no cost could
protect better: it is kept low because gateways and edge check a hash at every request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import bcrypt
from argon2.low_level import Type, hash_secret

MEMORY_KIB = 4096
BCRYPT_COST = 6

_BCRYPT_ALPHABET = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_BASE64_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@dataclass(frozen=True)
class Right:
    """An action of MediaMTX that a user may do, on paths that match (`~` and a regular expression; empty: all)."""

    action: str
    path: str = ""


def salt(secret: str, purpose: str) -> bytes:
    """Sixteen bytes of HMAC-SHA-256 of the purpose under the stack's secret."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()[:16]


def argon2id(password: str, with_salt: bytes) -> str:
    """The hash as MediaMTX reads it: `argon2:` and the PHC string of Argon2id (RFC 9106)."""
    encoded = hash_secret(
        password.encode(),
        with_salt,
        time_cost=1,
        memory_cost=MEMORY_KIB,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    return f"argon2:{encoded.decode()}"


def htpasswd(user: str, password: str, with_salt: bytes) -> str:
    """A line of nginx's `auth_basic_user_file`, hashed with bcrypt."""
    # bcrypt writes 16 bytes in its own alphabet; only two bits of the last of 22 characters count.
    plain = base64.b64encode(with_salt).rstrip(b"=")
    written = plain.translate(bytes.maketrans(_BASE64_ALPHABET, _BCRYPT_ALPHABET))
    hashed = bcrypt.hashpw(password.encode(), b"$2b$%02d$" % BCRYPT_COST + written)
    return f"{user}:{hashed.decode()}\n"


def gateway_users(passwords: Mapping[str, str], rights: Mapping[str, Sequence[Right]], secret: str) -> str:
    """Lines of shell variables that give MediaMTX its users and their rights, in the order of `rights`."""
    lines: list[str] = []
    for number, (user, allowed) in enumerate(rights.items()):
        prefix = f"MTX_AUTHINTERNALUSERS_{number}"
        lines += [
            f"{prefix}_USER='{user}'",
            f"{prefix}_PASS='{argon2id(passwords[user], salt(secret, f'gateway {user}'))}'",
            f"{prefix}_IPS=''",
        ]
        for index, right in enumerate(allowed):
            lines.append(f"{prefix}_PERMISSIONS_{index}_ACTION='{right.action}'")
            lines.append(f"{prefix}_PERMISSIONS_{index}_PATH='{right.path}'")
    return "\n".join(lines) + "\n"
