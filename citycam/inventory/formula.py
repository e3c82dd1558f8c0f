"""Text that a spreadsheet would take for a formula, and how it is kept from it."""

from __future__ import annotations

import re

STARTS = ("=", "+", "-", "@", "\t", "\r")
"""With what a cell begins that is calculated when a CSV file is opened (OWASP, CSV injection)."""

_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def legal(text: str) -> str:
    """A text without what a workbook's XML cannot hold."""
    return _ILLEGAL.sub("", text)


def escaped(text: str) -> str:
    """A text that no spreadsheet takes for a formula, for CSV and the like: an apostrophe goes before it."""
    clean = legal(text)
    return f"'{clean}" if clean.lstrip("'").startswith(STARTS) else clean


def unescaped(text: str) -> str:
    """The text before `escaped`."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(STARTS) else text
