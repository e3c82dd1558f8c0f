"""Addresses as people write them: IPv4 with ports, ranges and lists; URLs with credentials; MAC; serial numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import unquote

from citycam.inventory.spelling import Cell, Unreadable, shown

MOST = 64
"""Addresses that one row may stand for."""

_DOTTED = r"\d{1,3}(?:\.\d{1,3}){3}"
_RANGE = re.compile(rf"({_DOTTED})\s*(?:-|–|—|~|÷|đến|den|to)\s*({_DOTTED}|\.?\d{{1,3}})", re.IGNORECASE)
_ONE = re.compile(rf"({_DOTTED})(?::(\d{{1,5}}))?")
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:(?P<user>.*)@)?(?P<host>[^/@:?]+)(?::(?P<port>\d{1,5}))?(?P<path>[/?].*)?",
    re.I,
)
_BARE_URL = re.compile(
    rf"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>\b\B)?(?P<host>{_DOTTED})(?::(?P<port>\d{{1,5}}))?(?P<path>[/?].*)?",
    re.I,
)
"""A host of digits cannot be a user name: an `@` behind it is of the path."""
_SAID = r"(?P<name>\b(?:mật khẩu|mat khau|mk|pass(?:word|wd)?|pwd|user ?/ ?pass(?:word)?|tk ?/ ?mk))"
_TOLD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _SAID + r"\s*[:=]\s*(?P<word>[^\s,;]+)",
        rf"(?P<name>\b[\w.-]+):(?!//)(?P<word>\S+)@(?={_DOTTED})",
        r"(?<![/\w])(?P<name>admin(?:istrator)?\d*|root|888888|666666)\s*"
        r"(?:/\s*|:\s*(?=[^\s,;()]*\d))(?P<word>[^\s,;()]{4,})",
        _SAID + r"\s+(?:(?:là|is)\s+)?(?P<word>(?=[^\s,;]*\d)[^\s,;]{4,})",
    )
)
"""`mk: x`, `admin:x@10.0.0.1`, `admin/x`, `pass x1`. Without a colon a word counts if it has a digit or an account that
devices come with stands before it: a password that slips through is worse than a word too many that is hidden."""
_NAMES_A_SECRET = re.compile(_SAID, re.IGNORECASE)
_SECRET_NAMES = re.compile(
    r"((?:^|[?&/;])(?:user(?:name)?|usr|login|pass(?:word)?|pwd|psw|auth)=)([^&/;?]*)", re.IGNORECASE
)
_EMPTY_MACS = {"000000000000", "ffffffffffff", "111111111111", "123456789abc"}


@dataclass(frozen=True, repr=False)
class Credentials:
    """A user name and a password on their way to the secret store. Never printed."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


@dataclass(frozen=True)
class Link:
    """A stream's URL taken apart: `address` is None for a host name; the path keeps its query, without credentials."""

    scheme: str
    address: str | None
    port: int | None
    path: str
    credentials: Credentials | None


def addresses(cell: Cell) -> list[tuple[str, int | None]]:
    """IPv4 addresses with their ports: one, a list (`a, b`), or a range (`192.168.1.10–25`), in order.

    Raises:
        Unreadable: not addresses, a range that runs backwards, or more than `MOST`.
    """
    text = re.sub(r"\s*/(?:24|32)$", "", shown(cell))
    ranged = _RANGE.fullmatch(text)
    if ranged:
        first, last = ranged.groups()
        return [(address, None) for address in _between(first, last)]
    found: list[tuple[str, int | None]] = []
    for part in re.split(r"\s*[,;/&+\s]\s*|\s+và\s+", text):
        one = _ONE.fullmatch(part)
        if not one:
            raise Unreadable("not an IPv4 address", "as in 10.20.30.40, or 10.20.30.40-45 for several cameras")
        found.append((_ipv4(one[1]), port(one[2]) if one[2] else None))
    return found


def port(cell: Cell) -> int:
    """A TCP or UDP port.

    Raises:
        Unreadable: not within 1 to 65535.
    """
    text = shown(cell)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise Unreadable("not a port", "1 to 65535, as in 554")
    return int(text)


def link(cell: Cell) -> Link:
    """A URL taken apart; credentials come from its authority and from its query, even with `@` or `:` in a password.

    Raises:
        Unreadable: not a URL.
    """
    text = shown(cell)
    found = _BARE_URL.fullmatch(text) or _URL.fullmatch(text)
    if not found:
        raise Unreadable("not a URL", "as in rtsp://10.20.30.40:554/stream1")
    path, inside = without_secrets(found["path"] or "/")
    if found["user"] is not None:
        username, _, password = found["user"].partition(":")
        inside = Credentials(unquote(username), unquote(password))
    host = found["host"]
    address = _ipv4(host) if re.fullmatch(_DOTTED, host) else None
    return Link(found["scheme"].lower(), address, port(found["port"]) if found["port"] else None, path, inside)


def redacted(text: str) -> str:
    """A text without the credentials of the URLs and queries in it."""
    bare = re.sub(r"([a-z][a-z0-9+.-]*://).*@", r"\1…@", text, flags=re.IGNORECASE)
    bare = _SECRET_NAMES.sub(r"\1…", bare)
    for pattern in _TOLD:
        bare = pattern.sub(lambda found: f"{found['name']}: …", bare)
    return bare


def told(text: str) -> Credentials | None:
    """Credentials in a sentence (`mk: 12345`, `user/pass: admin/12345`, `admin/12345`)."""
    found = next((found for pattern in _TOLD if (found := pattern.search(text))), None)
    if not found:
        return None
    if not _NAMES_A_SECRET.fullmatch(found["name"]):
        return Credentials(found["name"], found["word"])
    username, slash, password = found["word"].partition("/")
    return Credentials(username, password) if slash else Credentials("", username)


def mac(cell: Cell) -> str | None:
    """`02:00:5e:00:00:01` of any usual way to write it; None for one that means nothing, such as all zeros.

    Raises:
        Unreadable: not 12 hexadecimal digits.
    """
    text = shown(cell)
    digits = re.sub(r"[\s:.\-–]", "", text).lower().removeprefix("mac")
    if not re.fullmatch(r"[0-9a-f]{12}", digits):
        raise Unreadable("not a MAC address", "12 hexadecimal digits, as in 02:00:5e:00:00:01")
    return None if digits in _EMPTY_MACS else ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def serial(cell: Cell) -> str:
    """A serial number as printed, without the letters `S/N`.

    Raises:
        Unreadable: a spreadsheet has made a rounded number of it.
    """
    text = shown(cell)
    if (isinstance(cell, float) and (not cell.is_integer() or abs(cell) >= 1e15)) or re.fullmatch(
        r"\d[.,]\d+E\+\d+", text, re.IGNORECASE
    ):
        raise Unreadable("the spreadsheet has rounded this serial number", "the cell formatted as text, every digit")
    bare = re.sub(r"^(?:s/?n|serial(?: no\.?| number)?)\s*[:.#]?\s*", "", text, flags=re.IGNORECASE)
    if len(bare) > 64:
        raise Unreadable("a serial number is not that long", "at most 64 characters")
    return bare


def _between(first: str, last: str) -> list[str]:
    start = IPv4Address(_ipv4(first))
    tail = last.lstrip(".")
    end = IPv4Address(_ipv4(tail if "." in tail else f"{first.rpartition('.')[0]}.{tail}"))
    count = int(end) - int(start) + 1
    if not 1 <= count <= MOST:
        raise Unreadable(f"a range of {count} addresses", f"first to last, at most {MOST}, as in 10.20.30.40-45")
    return [str(start + step) for step in range(count)]


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(".".join(str(int(part)) for part in text.split("."))))
    except (AddressValueError, ValueError) as error:
        raise Unreadable(f"{text} is not an IPv4 address", "four numbers from 0 to 255, as in 10.20.30.40") from error


def without_secrets(path: str) -> tuple[str, Credentials | None]:
    """A path with the values of its secret keys left empty, and the credentials that they were."""
    values = {name[:-1].lstrip("?&/;").lower(): value for name, value in _SECRET_NAMES.findall(path)}
    if not any(values.values()):
        return path, None
    user = next((value for name, value in values.items() if name.startswith(("u", "l"))), "")
    word = next((value for name, value in values.items() if name.startswith(("p", "a"))), "")
    return _SECRET_NAMES.sub(lambda found: found[1], path), Credentials(unquote(user), unquote(word))
