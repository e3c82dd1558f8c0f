"""Dates as people write them: `1/7/2025`, `2025-07-01`, `tháng 7/2025`, a spreadsheet's day number."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from citycam.inventory.spelling import Cell, Unreadable, fold, shown

EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of a spreadsheet's calendar (1900 system, for days after February 1900)."""
OLDEST = date(1995, 1, 1)
RIGHT = "day/month/year, as in 25/12/2023"
FIRST = "the day is missing, taken as the first of the month"

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_DMY = re.compile(r"(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4}|\d{2})(?:[T ].*)?")
_MY = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_WORDS = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2}) nam (\d{4})")
_MONTH = re.compile(r"thang (\d{1,2}) (?:nam )?(\d{4})")
_NAMES = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ENGLISH = re.compile(r"(\d{1,2}) ([a-z]{3})[a-z]* (\d{4})")


def day(cell: Cell, today: date) -> tuple[date, str]:
    """A date between 1995 and `today`, and a note when it took more than reading.

    Day comes before month, as in Viet Nam; a month without a day is its first, and noted.

    Raises:
        Unreadable: not a date, one that does not exist, or one that cannot be.
    """
    found, note = _read(cell)
    if not OLDEST <= found <= today:
        raise Unreadable(f"{found:%d/%m/%Y} cannot be", f"between {OLDEST:%d/%m/%Y} and {today:%d/%m/%Y}")
    return found, note


def _read(cell: Cell) -> tuple[date, str]:
    if isinstance(cell, date):
        return (cell.date() if isinstance(cell, datetime) else cell), ""
    found = _digits(shown(cell)) or _words(fold(shown(cell)))
    if found is None:
        raise Unreadable("not a date", RIGHT)
    return found


def _digits(text: str) -> tuple[date, str] | None:
    if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        found = EXCEL_EPOCH + timedelta(days=int(float(text)))
        return found, f"a spreadsheet's day number, read as {found:%d/%m/%Y}"
    if iso := _ISO.fullmatch(text):
        return _date(*iso.groups()), ""
    if dmy := _DMY.fullmatch(text):
        return _day_first(*dmy.groups())
    if my := _MY.fullmatch(text):
        return _date(my[2], my[1], "1"), FIRST
    return None


def _words(words: str) -> tuple[date, str] | None:
    if named := _WORDS.fullmatch(words):
        return _date(named[3], named[2], named[1]), ""
    if month := _MONTH.fullmatch(words):
        return _date(month[2], month[1], "1"), FIRST
    english = _ENGLISH.fullmatch(words)
    if english and english[2] in _NAMES:
        return _date(english[3], str(_NAMES[english[2]]), english[1]), ""
    if re.fullmatch(r"(?:nam )?\d{4}", words):
        raise Unreadable("a year is not a date", RIGHT)
    return None


def _day_first(one: str, two: str, year: str) -> tuple[date, str]:
    full = year if len(year) == 4 else f"20{year}"
    note = "" if len(year) == 4 else f"the year is short, read as {full}"
    if int(two) > 12 >= int(one):
        found = _date(full, one, two)
        return found, f"month before day, read as {found:%d/%m/%Y}"
    return _date(full, two, one), note


def _date(year: str, month: str, day_of_month: str) -> date:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError as error:
        raise Unreadable("there is no such day", RIGHT) from error
