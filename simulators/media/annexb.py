"""H.264 byte streams (ITU-T H.264 annex B): NAL units and access units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

START_CODE = b"\x00\x00\x00\x01"
_START = re.compile(rb"\x00\x00\x01")
_SLICE, _IDR, _SPS, _PPS = 1, 5, 7, 8


@dataclass(frozen=True, slots=True)
class Picture:
    """The slices of one picture; `key` for an IDR picture."""

    units: tuple[bytes, ...]
    key: bool


@dataclass(frozen=True, slots=True)
class Elementary:
    """A stream taken apart: its one pair of parameter sets, and its pictures in order."""

    sps: bytes
    pps: bytes
    pictures: tuple[Picture, ...]


def split(data: bytes) -> list[bytes]:
    """The NAL units of a byte stream, without start codes and trailing zeros."""
    starts = list(_START.finditer(data))
    ends = [start.start() for start in starts[1:]] + [len(data)]
    # Without any start code there is an end but no start, hence not strict.
    units = (data[start.end() : end].rstrip(b"\x00") for start, end in zip(starts, ends, strict=False))
    return [unit for unit in units if unit]


def join(units: Sequence[bytes]) -> bytes:
    """The inverse of `split`."""
    return b"".join(START_CODE + unit for unit in units)


def take_apart(data: bytes) -> Elementary:
    """Pictures and parameter sets of a stream; SEI, access unit delimiters and fillers are left out.

    A slice whose first_mb_in_slice is 0 (its Exp-Golomb code is one bit, 1) begins a picture (7.4.1.2.4).

    Raises:
        ValueError: no pictures, no or changing parameter sets, or it does not begin with a key frame.
    """
    sets: dict[int, set[bytes]] = {_SPS: set(), _PPS: set()}
    pictures: list[list[bytes]] = []
    for unit in split(data):
        kind = unit[0] & 0x1F
        if kind in sets:
            sets[kind].add(unit)
        elif kind in (_SLICE, _IDR):
            if len(unit) < 2:
                raise ValueError("a slice without content")
            if unit[1] & 0x80 or not pictures:
                pictures.append([])
            pictures[-1].append(unit)
    if len(sets[_SPS]) != 1 or len(sets[_PPS]) != 1:
        raise ValueError(f"{len(sets[_SPS])} different SPS and {len(sets[_PPS])} PPS: exactly one of each is needed")
    done = tuple(Picture(tuple(units), units[0][0] & 0x1F == _IDR) for units in pictures)
    if not done or not done[0].key:
        raise ValueError("the stream does not begin with a key frame")
    return Elementary(sets[_SPS].pop(), sets[_PPS].pop(), done)
