"""What people write in a cell, made comparable: with marks, without, or in decomposed Unicode it is one word."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

Cell = int | float | str | bool | datetime | date | time | timedelta | None
"""A cell as a spreadsheet or CSV reader gives it."""

_LETTERS = str.maketrans({"Đ": "d", "đ": "d", "Ð": "d", "ð": "d", "–": "-", "—": "-", "−": "-", "\u00a0": " "})
_NOTHING = re.compile(r"[^0-9a-z]+")
_UNKNOWN = frozenset(
    "|-|--|---|?|...|…|n/a|na|n.a|n.a.|#n/a|null|nil|unknown|chua ro|chua biet|khong ro|khong biet|khong xac dinh|"
    "chua xac dinh|chua cap nhat|dang cap nhat|chua co thong tin|khong co thong tin|x|xx|xxx|tbd|trong|bo trong".split(
        "|"
    )
)
_ABSENT = frozenset("khong co|khong|chua co|chua|none|no".split("|"))


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower-case words without marks: `Phường  Tây-Hồ` is `phuong tay ho`. Idempotent."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS)).lower()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOTHING.sub(" ", bare.translate(_LETTERS)).strip()


def shown(cell: Cell) -> str:
    """A cell as text, tidied: NFC, no spaces at its ends or doubled, whole numbers without `.0`, dates as ISO 8601."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _tidied(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)


@lru_cache(maxsize=65536)
def _tidied(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def says_unknown(text: str, *, absent: bool = False) -> bool:
    """Whether a text says that a fact is not known; with `absent`, "there is none" says so too."""
    if not text:
        return True
    lowered = text.lower()
    if lowered in _UNKNOWN:
        return True
    words = fold(text)
    return not words or words in _UNKNOWN or (absent and words in _ABSENT)


class Unreadable(ValueError):
    """A cell that means nothing: what is `wrong` with it and what would be `right`."""

    def __init__(self, wrong: str, right: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.right = right
