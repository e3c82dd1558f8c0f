"""Watermarks in bulk: the vectorised twin of `citycam.wire.watermark.read`, one row of bytes per frame.

A row is what follows the prefix, which differs from codec to codec (`citycam.evidence.coding`).

Checks of `wire.watermark` are CRC-32 over a fixed number of bytes, hence affine over GF(2): the XOR of one table entry
per byte, so that all rows are checked by one gather.
"""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from citycam.wire import watermark

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_CAMERA = 0
_CAMERA_CHECK = _CAMERA + 5
_FRAME = watermark.CAMERA_SIZE
_SCHEDULED = _FRAME + 5
_SENT = _SCHEDULED + 9
_MEDIA = _SENT + 9
_CHECK = _MEDIA + 5
_TRAILER = _CHECK + 3


def _crc_tables(size: int) -> tuple[int, npt.NDArray[np.uint32]]:
    """(CRC of zeros, table[position, byte]) such that CRC(row) = zeros ^ XOR of table[i, row[i]]."""
    zeros = zlib.crc32(bytes(size))
    tables = np.empty((size, 256), np.uint32)
    for position in range(size):
        for byte in range(256):
            tables[position, byte] = zlib.crc32(bytes(position) + bytes([byte]) + bytes(size - position - 1)) ^ zeros
    return zeros, tables


_CAMERA_ZEROS, _CAMERA_TABLES = _crc_tables(_CAMERA_CHECK - _CAMERA)
_FRAME_ZEROS, _FRAME_TABLES = _crc_tables(_CHECK - _FRAME)


class Marks:
    """Columns, one entry per row; a field means something only where its flag is set.

    Attributes:
        camera_ok, camera: the camera part holds; the camera's number.
        frame_ok, frame, scheduled_ns, sent_ns, media: the frame part holds; its fields.
        whole: the row is a complete, correct watermark NAL unit.
    """

    def __init__(self, rows: Bytes, led: Flags) -> None:
        """Decode `rows`, shape (n, `codec.BODY`); `led` says which of them follow an unspoilt length and prefix."""
        columns = np.ascontiguousarray(rows.T)
        digits: Bytes = columns & np.uint8(0x7F)
        self.camera: Ints = _number(digits, _CAMERA, 5)
        self.frame: Ints = _number(digits, _FRAME, 5)
        self.scheduled_ns: Ints = _number(digits, _SCHEDULED, 9)
        self.sent_ns: Ints = _number(digits, _SENT, 9)
        self.media: Ints = _number(digits, _MEDIA, 5)
        camera_crc = _crc(columns[_CAMERA:_CAMERA_CHECK], _CAMERA_ZEROS, _CAMERA_TABLES) & 0x3FFF
        frame_crc = _crc(columns[_FRAME:_CHECK], _FRAME_ZEROS, _FRAME_TABLES) & 0x1FFFFF
        self.camera_ok: Flags = camera_crc == _number(digits, _CAMERA_CHECK, 2)
        self.frame_ok: Flags = frame_crc == _number(digits, _CHECK, 3)
        high = (columns[_CAMERA:_TRAILER] >= 0x80).all(axis=0) & (columns[_TRAILER] == 0x80)
        self.whole: Flags = led & high & self.camera_ok & self.frame_ok


def _number(digits: Bytes, at: int, count: int) -> Ints:
    number: Ints = digits[at].astype(np.int64)
    for place in range(at + 1, at + count):
        number <<= 7
        number |= digits[place]
    return number


def _crc(columns: Bytes, zeros: int, tables: npt.NDArray[np.uint32]) -> Ints:
    folded = np.full(columns.shape[1], zeros, np.uint32)
    for column, table in zip(columns, tables, strict=True):
        folded ^= table[column]
    result: Ints = folded.astype(np.int64)
    return result
