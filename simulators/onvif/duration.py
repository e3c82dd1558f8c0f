"""xs:duration and xs:dateTime in requests (XML Schema part 2, 3.2.6 and 3.2.7)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from simulators.onvif.service import SECOND_NS, wrong

_DURATION = re.compile(r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?")


def seconds_of(text: str) -> float:
    """Seconds in a duration of days and less.

    Raises:
        Fault: it is none.
    """
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise wrong("InvalidArgs", f"{text[:40]!r} is not a duration")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds


def ns_of(text: str) -> int:
    """Nanoseconds since 1970 of a time; without a zone it is UTC.

    Raises:
        Fault: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000) * (SECOND_NS // 1000)
    except (ValueError, OverflowError):
        raise wrong("InvalidArgs", f"{text[:40]!r} is not a time") from None
