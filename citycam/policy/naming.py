"""Names of offices, firms and wards made comparable: short forms written out, legal forms left out, wards of today."""

from __future__ import annotations

import re
from functools import lru_cache

from citycam.inventory.spelling import Unreadable, fold
from citycam.inventory.wards import read_ward

_SHORT = {
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "tp": "thanh pho",
    "tphn": "thanh pho ha noi",
    "hn": "ha noi",
    "p": "phuong",
    "x": "xa",
    "q": "quan",
    "h": "huyen",
    "ca": "cong an",
    "catp": "cong an thanh pho",
    "bca": "bo cong an",
    "bqp": "bo quoc phong",
    "ban qlda": "ban quan ly du an",
    "bqlda": "ban quan ly du an",
    "qlda": "quan ly du an",
    "cty": "cong ty",
    "ct": "cong ty",
}
_LEGAL_FORM = re.compile(
    r"\b(tnhh|trach nhiem huu han|co phan|cp|mtv|mot thanh vien|thuong mai|tm|dich vu|dv|jsc|ltd|co ltd)\b"
)


@lru_cache(maxsize=65536)
def known_as(name: str) -> str:
    """What an office or a firm is called: `CTY TNHH Ánh Sáng` and `Công ty CP Ánh Sáng` are both `cong ty anh sang`."""
    words = " ".join(_SHORT.get(word, word) for word in fold(name).split())
    bare = " ".join(_LEGAL_FORM.sub(" ", words).split())
    return bare or words


@lru_cache(maxsize=65536)
def wards_of(name: str) -> frozenset[int]:
    """Codes of today's wards that a name may mean, a ward of before July 2025 too; none when it means nothing."""
    try:
        found = read_ward(name)
    except Unreadable:
        return frozenset()
    return frozenset(ward.code for ward in ([found.ward] if found.ward else found.candidates))


def same_ward(one: str | None, other: str | None) -> bool:
    """Whether two names may mean the same ward; what is not given is the same as nothing."""
    if one is None or other is None:
        return False
    return bool(wards_of(one) & wards_of(other)) or fold(one) == fold(other)
