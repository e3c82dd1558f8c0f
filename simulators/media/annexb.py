"""Byte streams of H.264 and H.265 (annex B of ITU-T H.264 and H.265): NAL units and pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from citycam.wire import h264, h265

START_CODE = b"\x00\x00\x00\x01"
_START = re.compile(rb"\x00\x00\x01")


@dataclass(frozen=True, slots=True)
class Picture:
    """The slices of one picture; `key` for an IDR picture."""

    units: tuple[bytes, ...]
    key: bool


@dataclass(frozen=True, slots=True)
class Elementary:
    """A stream taken apart: its one of each parameter set, and its pictures in decoding order."""

    sets: tuple[bytes, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class _Form:
    """What matters of a codec's NAL units: bytes of their header, their type, and which types are what."""

    header: int
    kind: Callable[[bytes], int]
    sets: dict[int, str]
    slices: frozenset[int]
    keys: frozenset[int]


_FORMS = {
    "h264": _Form(1, h264.kind, {h264.SPS: "SPS", h264.PPS: "PPS"}, frozenset((1, h264.IDR)), frozenset((h264.IDR,))),
    "h265": _Form(
        h265.HEADER,
        h265.kind,
        {h265.VPS: "VPS", h265.SPS: "SPS", h265.PPS: "PPS"},
        frozenset(range(h265.VPS)),
        frozenset((h265.IDR_W_RADL, h265.IDR_N_LP)),
    ),
}


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


def take_apart(data: bytes, codec: Literal["h264", "h265"] = "h264") -> Elementary:
    """Pictures and parameter sets of a stream; SEI, access unit delimiters and fillers are left out.

    The bit after a slice's NAL header is set in the first slice of a picture: the Exp-Golomb code of
    first_mb_in_slice 0 (H.264 7.4.1.2.4), or first_slice_segment_in_pic_flag (H.265 7.4.2.4.5).

    Raises:
        ValueError: no pictures, no or changing parameter sets, or it does not begin with a key frame.
    """
    form = _FORMS[codec]
    sets: dict[int, set[bytes]] = {kind: set() for kind in form.sets}
    pictures: list[list[bytes]] = []
    for unit in split(data):
        kind = form.kind(unit)
        if kind in sets:
            sets[kind].add(unit)
        elif kind in form.slices:
            if len(unit) <= form.header:
                raise ValueError("a slice without content")
            if unit[form.header] & 0x80 or not pictures:
                pictures.append([])
            pictures[-1].append(unit)
    for kind, found in sets.items():
        if len(found) != 1:
            raise ValueError(f"{len(found)} different {form.sets[kind]}: exactly one is needed")
    done = tuple(Picture(tuple(units), form.kind(units[0]) in form.keys) for units in pictures)
    if not done or not done[0].key:
        raise ValueError("the stream does not begin with a key frame")
    return Elementary(tuple(found.pop() for found in sets.values()), done)
