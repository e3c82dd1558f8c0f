"""What a sequence parameter set says of the picture: its size and, where it is told, its rate.

H.264: ITU-T H.264 7.3.2.1.1 and annex E; H.265: ITU-T H.265 7.3.2.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from citycam.wire import h264, h265

LARGEST = 16_384
"""Pixels of a side: level 6.2 of both standards has fewer."""
_HIGH_PROFILES = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
"""Those whose SPS tells the chroma format (H.264 7.3.2.1.1)."""
_EXTENDED_SAR = 255
_MOST_RATE = 1000.0


class SpsSyntaxError(ValueError):
    """The bytes are no sequence parameter set, or one that ends too early or says what cannot be."""


class Picture(NamedTuple):
    """Width and height in pixels after cropping; frames a second, None where the set does not tell."""

    width: int
    height: int
    fps: float | None = None


def picture(codec: str, sets: Sequence[bytes]) -> Picture | None:
    """The picture of the first SPS among some parameter sets; None if there is none that can be read."""
    read = {"h264": (h264, h264.SPS, parse_h264), "h265": (h265, h265.SPS, parse_h265)}.get(codec)
    if read is None:
        return None
    form, wanted, parse = read
    for unit in sets:
        if unit and form.kind(unit) == wanted:
            try:
                return parse(unit)
            except SpsSyntaxError:
                continue
    return None


class _Bits:
    """Reads the payload of a NAL unit bit by bit (H.264 7.2 and 9.1)."""

    def __init__(self, data: bytes) -> None:
        # emulation_prevention_three_byte (H.264 7.4.1): 00 00 03 stands for 00 00
        self._data = data.replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def bits(self, count: int) -> int:
        """u(n)."""
        end = self._at + count
        if end > 8 * len(self._data):
            raise SpsSyntaxError("the parameter set ends too early")
        first, last = self._at // 8, (end + 7) // 8
        value = int.from_bytes(self._data[first:last], "big") >> (8 * last - end)
        self._at = end
        return value & (1 << count) - 1

    def flag(self) -> bool:
        """u(1)."""
        return bool(self.bits(1))

    def ue(self) -> int:
        """ue(v)."""
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise SpsSyntaxError("a number of more than 32 bits")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """se(v)."""
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def parse_h264(unit: bytes) -> Picture:
    """Read an SPS with its NAL header.

    Raises:
        SpsSyntaxError: it is none.
    """
    if len(unit) < 4 or h264.kind(unit) != h264.SPS:
        raise SpsSyntaxError("not an SPS of H.264")
    bits = _Bits(unit[1:])
    profile = bits.bits(8)
    bits.bits(16)
    bits.ue()
    chroma = _chroma_h264(bits) if profile in _HIGH_PROFILES else 1
    bits.ue()
    _picture_order(bits)
    bits.ue()
    bits.flag()
    width = 16 * (bits.ue() + 1)
    units = bits.ue() + 1
    fields = 1 if bits.flag() else 2  # frame_mbs_only_flag
    if fields == 2:
        bits.flag()
    bits.flag()
    height = 16 * units * fields
    if bits.flag():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        across, down = {0: (1, 1), 1: (2, 2), 2: (2, 1), 3: (1, 1)}[chroma]
        width -= across * (left + right)
        height -= down * fields * (top + bottom)
    return _sane(width, height, _timing_h264(bits) if bits.flag() else None)


def _chroma_h264(bits: _Bits) -> int:
    chroma = bits.ue()
    if chroma > 3:
        raise SpsSyntaxError(f"chroma format {chroma}")
    separate = chroma == 3 and bits.flag()
    bits.ue()
    bits.ue()
    bits.flag()
    if bits.flag():
        for index in range(12 if chroma == 3 else 8):
            if bits.flag():
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return 0 if separate else chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    """H.264 7.3.2.1.1.1."""
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _picture_order(bits: _Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.flag()
        bits.se()
        bits.se()
        count = bits.ue()
        if count > 255:
            raise SpsSyntaxError(f"{count} offsets of reference frames")
        for _ in range(count):
            bits.se()
    elif kind > 2:
        raise SpsSyntaxError(f"picture order count type {kind}")


def _timing_h264(bits: _Bits) -> float | None:
    """Frames a second out of the VUI (H.264 E.1.1): two ticks a frame. A VUI that is cut tells nothing."""
    try:
        if bits.flag() and bits.bits(8) == _EXTENDED_SAR:
            bits.bits(32)
        if bits.flag():
            bits.flag()
        if bits.flag():
            bits.bits(4)
            if bits.flag():
                bits.bits(24)
        if bits.flag():
            bits.ue()
            bits.ue()
        if not bits.flag():
            return None
        tick, scale = bits.bits(32), bits.bits(32)
    except SpsSyntaxError:
        return None
    rate = scale / (2 * tick) if tick else 0.0
    return rate if 0 < rate <= _MOST_RATE else None


def parse_h265(unit: bytes) -> Picture:
    """Read an SPS with its NAL header; its rate is left out, since cameras tell it elsewhere or not at all.

    Raises:
        SpsSyntaxError: it is none.
    """
    if len(unit) < 4 or h265.kind(unit) != h265.SPS:
        raise SpsSyntaxError("not an SPS of H.265")
    bits = _Bits(unit[2:])
    bits.bits(4)
    layers = bits.bits(3)
    bits.flag()
    _skip_profile_tier_level(bits, layers)
    bits.ue()
    chroma = bits.ue()
    if chroma > 3:
        raise SpsSyntaxError(f"chroma format {chroma}")
    if chroma == 3 and bits.flag():
        chroma = 0
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= (2 if chroma in (1, 2) else 1) * (left + right)
        height -= (2 if chroma == 1 else 1) * (top + bottom)
    return _sane(width, height, None)


def _skip_profile_tier_level(bits: _Bits, layers: int) -> None:
    """H.265 7.3.3."""
    bits.bits(88)
    bits.bits(8)
    present = [(bits.flag(), bits.flag()) for _ in range(layers)]
    if layers:
        bits.bits(2 * (8 - layers))
    for profile, level in present:
        bits.bits(88 * profile + 8 * level)


def _sane(width: int, height: int, fps: float | None) -> Picture:
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise SpsSyntaxError(f"a picture of {width}x{height}")
    return Picture(width, height, fps)
