"""Numbers with their units as people write them: decimal commas, `4 Mbps`, `1080p`, `30 ngày`, `Đông Bắc`."""

from __future__ import annotations

import re

from citycam.inventory.spelling import Cell, Unreadable, fold, shown

_NUMBER = re.compile(r"[-+]?\d(?:[\d.,'  ]*\d)?")
_PLAIN = re.compile(r"([-+]?)(\d+)(?:[.,](\d+))?")
_RATE = re.compile(
    r"(?P<number>[-+]?\d[\d.,]*)\s*(?P<prefix>[kmg]?)\s*(?:b(?:it)?(?:ps|/s|\s*/\s*giay)?)?", re.IGNORECASE
)
_SIZE = re.compile(r"(\d[\d.,]{1,5})\s*(?:x|×|\*|х)\s*(\d[\d.,]{1,5})(?:\s*(?:px|pixels?|p))?", re.IGNORECASE)
_DURATION = re.compile(r"(?P<number>[-+]?\d[\d.,]*)\s*(?P<unit>[a-z]*)")

_PREFIXES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_SIZES = {
    "cif": (352, 288),
    "d1": (704, 576),
    "4cif": (704, 576),
    "960h": (960, 576),
    "720p": (1280, 720),
    "hd": (1280, 720),
    "1mp": (1280, 720),
    "1 3mp": (1280, 960),
    "960p": (1280, 960),
    "1080p": (1920, 1080),
    "fhd": (1920, 1080),
    "full hd": (1920, 1080),
    "fullhd": (1920, 1080),
    "2mp": (1920, 1080),
    "3mp": (2048, 1536),
    "2k": (2560, 1440),
    "qhd": (2560, 1440),
    "4mp": (2560, 1440),
    "5mp": (2592, 1944),
    "8mp": (3840, 2160),
    "4k": (3840, 2160),
    "uhd": (3840, 2160),
}
_LOOSE = {name for name in _SIZES if name.endswith("mp")}
_WINDS = {
    "bac": 0, "n": 0, "north": 0, "dong bac": 45, "ne": 45, "dong": 90, "e": 90, "east": 90, "dong nam": 135, "se": 135,
    "nam": 180, "s": 180, "south": 180, "tay nam": 225, "sw": 225, "tay": 270, "w": 270, "west": 270, "tay bac": 315,
    "nw": 315,
}  # fmt: skip
_DAYS = {
    "": 1, "ngay": 1, "d": 1, "day": 1, "days": 1, "tuan": 7, "week": 7, "weeks": 7, "w": 7, "thang": 30, "month": 30,
    "months": 30, "gio": 1 / 24, "h": 1 / 24, "hours": 1 / 24, "nam": 365, "year": 365, "years": 365,
}  # fmt: skip
_SECONDS = {"": 1, "s": 1, "giay": 1, "sec": 1, "seconds": 1, "ms": 0.001, "phut": 60, "p": 60, "min": 60,
            "minutes": 60, "m": 60, "gio": 3600, "h": 3600, "ngay": 86400}  # fmt: skip


def number(cell: Cell, *, whole: bool = False) -> float:
    """A number, with a decimal point or comma, groups of thousands, and a unit behind it that does not count.

    `1.234,5` and `1,234.5` are the same; one separator alone is decimal, unless `whole` and three digits follow.

    Raises:
        Unreadable: there is no number, or two.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = shown(cell)
    found = _NUMBER.findall(text)
    if len(found) != 1 or not re.fullmatch(r"[^\d]*[-+]?\d[\d.,'  ]*[^\d]*\d?", text):
        raise Unreadable("not a number", "digits, as in 12.5")
    return plain_number(found[0], whole=whole)


def plain_number(text: str, *, whole: bool = False) -> float:
    """A bare number in any of the usual ways to write it.

    Raises:
        Unreadable: its separators make no sense.
    """
    digits = re.sub(r"['  ]", "", text)
    sound = _PLAIN.fullmatch(digits)
    if sound:
        sign, head, tail = sound.groups()
        if whole and tail and len(tail) == 3 and len(head) <= 3:
            return float(f"{sign}{head}{tail}")
        return float(f"{sign}{head}.{tail or 0}")
    for group, point in ((".", ","), (",", ".")):
        if re.fullmatch(rf"[-+]?\d{{1,3}}(?:\{group}\d{{3}})+(?:\{point}\d+)?", digits):
            return float(digits.replace(group, "").replace(point, "."))
    raise Unreadable(f"{text!r} is not a number", "digits with one decimal point, as in 12.5")


def within(value: float, low: float, high: float, unit: str) -> float:
    """`value`, if it can be true.

    Raises:
        Unreadable: it lies outside.
    """
    if not low <= value <= high:
        raise Unreadable(
            f"{value:g} {unit} cannot be".replace("  ", " "), f"between {low:g} and {high:g} {unit}".rstrip()
        )
    return value


def bit_rate(cell: Cell, unit: str = "k") -> int:
    """Bits per second: `4 Mbps`, `4096 kb/s`, `4M`; a bare number is in `unit` (`k`, `m` or empty for bits).

    Raises:
        Unreadable: not a bit rate.
    """
    text = re.sub(r"[()]", " ", shown(cell)).strip()
    found = _RATE.fullmatch(text)
    if not found:
        raise Unreadable("not a bit rate", "a number and its unit, as in 4096 kb/s")
    bare = re.fullmatch(r"[-+]?\d[\d.,]*", text) is not None
    prefix = unit if bare else found["prefix"].lower()
    return round(plain_number(found["number"], whole=prefix in {"", "k"}) * _PREFIXES[prefix])


def resolution(cell: Cell) -> tuple[int, int, str]:
    """Width, height and a note: `1920x1080`, `1080p`, `2MP`, `Full HD`.

    Raises:
        Unreadable: not a resolution.
    """
    text = shown(cell)
    found = _SIZE.fullmatch(text)
    if found:
        width, height = (int(plain_number(side, whole=True)) for side in found.groups())
        return width, height, ""
    name = re.sub(r"(\d) (mp|megapixel|megapixels|p|k)\b", r"\1\2", fold(text)).replace("megapixels", "mp")
    name = name.replace("megapixel", "mp")
    if name not in _SIZES:
        raise Unreadable("not a resolution", "width x height in pixels, as in 1920x1080")
    width, height = _SIZES[name]
    return width, height, f"read as {width}x{height}" if name in _LOOSE else ""


def azimuth(cell: Cell) -> tuple[float, str]:
    """Degrees clockwise from north, and a note: a number of degrees, or one of the eight winds.

    Raises:
        Unreadable: neither.
    """
    wind = _WINDS.get(fold(shown(cell)).removeprefix("huong "))
    if wind is not None:
        return float(wind), f"read as {wind}°"
    degrees = within(number(cell), -360, 360, "°")
    return degrees % 360, f"read as {degrees % 360:g}°" if not 0 <= degrees < 360 else ""


def days(cell: Cell) -> float:
    """Days of `30`, `30 ngày`, `2 tuần`, `1 tháng` (30 days).

    Raises:
        Unreadable: not a number of days.
    """
    return _duration(cell, _DAYS, "a number of days, as in 30")


def seconds_fast(cell: Cell) -> float:
    """Camera time minus true time in seconds: `-2`, `nhanh 5 phút`, `chậm 30s`, `đúng giờ`.

    Raises:
        Unreadable: not a difference of time.
    """
    words = fold(shown(cell))
    if words in {"dung gio", "dung", "chinh xac", "khong lech", "dong bo ntp", "ok"}:
        return 0.0
    for word, sign in (("nhanh", 1.0), ("cham", -1.0), ("fast", 1.0), ("slow", -1.0)):
        if word in words.split():
            text = re.sub(word, "", shown(cell).lower())
            text = re.sub("ch[aậ]m", "", text)
            return sign * abs(_duration(text, _SECONDS, "seconds, as in -2"))
    return _duration(cell, _SECONDS, "seconds, as in -2")


def _duration(cell: Cell, units: dict[str, float], right: str) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = shown(cell).lower().strip()
    found = re.fullmatch(r"\D*?([-+]?\d[\d.,]*)\s*([^\d]*)", text)
    unit = fold(found[2]) if found else ""
    if not found or unit not in units:
        raise Unreadable("not a duration", right)
    return plain_number(found[1]) * units[unit]
