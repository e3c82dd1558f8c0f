"""The watermark: a truth in every frame that survives recording, so that the archive can be audited.

One H.264 SEI `user_data_unregistered` NAL unit (ITU-T H.264 annex D.1.7), first in its access unit:

    06 05 37  UUID[16]  version[1]  camera[5] camera_check[2]  frame[5] scheduled[9] sent[9] media[5] check[3]  80

In H.265 it is the same message in a prefix SEI NAL unit (ITU-T H.265 annex D.2.7), whose header has one byte more:
4E 01 for 06. JPEG has no place for it.

Numbers are big-endian base-128 digits with the high bit set, so no byte is ever 00 and no start code or emulation
prevention byte (annex B, 7.4.1) can appear. The camera part is constant for a camera and the rest is shared by all
cameras that send the same frame at the same time, so a sender joins ready pieces and computes nothing per camera.

`media` is the low 32 bits of XXH3-64 over everything after this NAL in its access unit, each NAL unit preceded by its
length in 4 bytes (ISO/IEC 14496-15 5.3.4.2, as fMP4 stores it).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import xxhash

if TYPE_CHECKING:
    from citycam.model.codec import Codec

UUID = bytes.fromhex("c17ec4a3f5e94d2b9a6b8d1f7e3c5a91")
VERSION = 1

_DIGITS = {"camera": 5, "camera_check": 2, "frame": 5, "scheduled": 9, "sent": 9, "media": 5, "check": 3}

_MESSAGE = bytes([0x05, len(UUID) + 1 + sum(_DIGITS.values())]) + UUID + bytes([0x80 | VERSION])
_HEADERS = {"h264": b"\x06", "h265": b"\x4e\x01"}
_PREFIXES = {codec: header + _MESSAGE for codec, header in _HEADERS.items()}

PREFIX = _PREFIXES["h264"]
CAMERA_AT = len(PREFIX)
CAMERA_SIZE = _DIGITS["camera"] + _DIGITS["camera_check"]
FRAME_AT = CAMERA_AT + CAMERA_SIZE
FRAME_SIZE = sum(_DIGITS[name] for name in ("frame", "scheduled", "sent", "media", "check"))
TRAILER = b"\x80"
_BODY_SIZE = CAMERA_SIZE + FRAME_SIZE + len(TRAILER)
SIZE = len(PREFIX) + _BODY_SIZE
"""Bytes of the whole NAL unit. This and the names before are of H.264; see `prefix` and `size` for other codecs."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """What a frame says of itself. Times are nanoseconds since 1970, UTC."""

    camera: int
    frame: int
    scheduled_ns: int
    sent_ns: int
    media: int


def prefix(codec: Codec) -> bytes:
    """What the NAL unit begins with, up to the camera part; empty for a codec that carries no watermark."""
    return _PREFIXES.get(codec, b"")


def size(codec: Codec) -> int:
    """Bytes of the whole NAL unit; 0 for a codec that carries no watermark."""
    return len(_PREFIXES[codec]) + _BODY_SIZE if codec in _PREFIXES else 0


def camera_part(camera: int) -> bytes:
    """The constant piece of one camera."""
    digits = encode(camera, _DIGITS["camera"])
    return digits + encode(zlib.crc32(digits) & 0x3FFF, _DIGITS["camera_check"])


def frame_part(frame: int, scheduled_ns: int, sent_ns: int, media: int) -> bytes:
    """The piece shared by all cameras that send frame `frame` of the same pictures at the same time."""
    digits = (
        encode(frame, _DIGITS["frame"])
        + encode(scheduled_ns, _DIGITS["scheduled"])
        + encode(sent_ns, _DIGITS["sent"])
        + encode(media, _DIGITS["media"])
    )
    return digits + encode(zlib.crc32(digits) & 0x1FFFFF, _DIGITS["check"]) + TRAILER


def nal(mark: Watermark, codec: Codec = "h264") -> bytes:
    """The whole NAL unit."""
    return (
        prefix(codec) + camera_part(mark.camera) + frame_part(mark.frame, mark.scheduled_ns, mark.sent_ns, mark.media)
    )


def read(unit: bytes | memoryview) -> Watermark | None:
    """Decode a NAL unit of H.264 or H.265; None if it is not a watermark or its checks do not hold."""
    unit = bytes(unit)
    before = next((known for known in _PREFIXES.values() if unit.startswith(known)), None)
    if before is None or len(unit) != len(before) + _BODY_SIZE:
        return None
    fields: dict[str, int] = {}
    at = len(before)
    for name, digits in _DIGITS.items():
        fields[name] = decode(unit[at : at + digits])
        at += digits
    camera_at = len(before)
    camera_digits = unit[camera_at : camera_at + _DIGITS["camera"]]
    frame_digits = unit[camera_at + CAMERA_SIZE : at - _DIGITS["check"]]
    if fields["camera_check"] != zlib.crc32(camera_digits) & 0x3FFF:
        return None
    if fields["check"] != zlib.crc32(frame_digits) & 0x1FFFFF:
        return None
    return Watermark(fields["camera"], fields["frame"], fields["scheduled"], fields["sent"], fields["media"])


def media_check(units: Sequence[bytes]) -> int:
    """The `media` value of an access unit: `units` are the NAL units that follow the watermark."""
    state = xxhash.xxh3_64()
    for unit in units:
        state.update(len(unit).to_bytes(4, "big"))
        state.update(unit)
    return state.intdigest() & 0xFFFFFFFF


def encode(number: int, digits: int) -> bytes:
    """`number` as `digits` base-128 digits, most significant first, high bits set.

    Raises:
        ValueError: the number does not fit.
    """
    if not 0 <= number < 1 << (7 * digits):
        raise ValueError(f"{number} does not fit in {digits} base-128 digits")
    return bytes([0x80 | (number >> shift) & 0x7F for shift in range(7 * (digits - 1), -1, -7)])


def decode(digits: bytes) -> int:
    """The inverse of `encode`."""
    number = 0
    for digit in digits:
        number = number << 7 | digit & 0x7F
    return number
