"""JPEG in RTP (RFC 2435): types 0 and 1, restart markers, quantisation tables in-band (Q=255)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from citycam.wire.pictures import Depacketizer as _Depacketizer

LARGEST = 2040
"""Pixels of width and of height: a byte counts blocks of 8 (RFC 2435 3.1.5)."""
IN_BAND = 255
RESTARTS = 64
"""Added to the type when there are restart markers (RFC 2435 3.1.3)."""

_SOI, _EOI, _SOS, _DQT, _DHT, _SOF0, _DRI = 0xD8, 0xD9, 0xDA, 0xDB, 0xC4, 0xC0, 0xDD
_SAMPLING = {0: 0x21, 1: 0x22}
"""Of luma, by type: 4:2:2 and 4:2:0 (RFC 2435 4.1)."""
_WHOLE = 0xFFFF
"""First and last packet of no particular restart interval: the frame is to be put together first (RFC 2435 3.1.7)."""

# The typical tables of ITU-T T.81 annex K.3, which RFC 2435 appendix B has every receiver put back.
_HUFFMAN = {
    0x00: "00010501010101010100000000000000" + "000102030405060708090a0b",
    0x01: "00030101010101010101010000000000" + "000102030405060708090a0b",
    0x10: "0002010303020403050504040000017d"
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738"
    "393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5"
    "a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    0x11: "00020102040403040705040400010277"
    "000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a353637"
    "38393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3"
    "a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
}
_TABLES = {name: bytes.fromhex(text) for name, text in _HUFFMAN.items()}


class JpegSyntaxError(ValueError):
    """Not a JPEG image that RFC 2435 can carry."""


@dataclass(frozen=True, slots=True)
class Image:
    """A baseline JPEG taken apart. `scan` is the entropy-coded data; `restart` the interval in MCUs, 0 for none."""

    type: int
    width: int
    height: int
    luma: bytes
    chroma: bytes
    restart: int
    scan: bytes

    @classmethod
    def parse(cls, data: bytes) -> Image:
        """Take an image apart (ITU-T T.81 annex B).

        Raises:
            JpegSyntaxError: cut, or something else than three components at 4:2:2 or 4:2:0, 8-bit tables and
                the Huffman tables of annex K.3.
        """
        tables: dict[int, bytes] = {}
        frame: bytes = b""
        restart = 0
        at = 0
        for marker, body, after in _segments(data):
            at = after
            if marker == _DQT:
                tables |= _quantisation(body)
            elif marker == _SOF0:
                frame = body
            elif marker == _DRI:
                restart = int.from_bytes(body[:2], "big")
            elif marker == _DHT:
                _check_huffman(body)
            elif 0xC1 <= marker <= 0xCF:
                raise JpegSyntaxError("only baseline images can be carried")
            elif marker == _SOS:
                break
        else:
            raise JpegSyntaxError("no scan")
        width, height, type_, luma, chroma = _frame(frame)
        if luma not in tables or chroma not in tables:
            raise JpegSyntaxError("a quantisation table is missing")
        scan = data[at:]
        end = scan.rfind(bytes((0xFF, _EOI)))
        return cls(type_, width, height, tables[luma], tables[chroma], restart, scan if end < 0 else scan[:end])

    def encode(self) -> bytes:
        """A JPEG image with all its headers (RFC 2435 appendix B)."""
        size = struct.pack("!BHHB", 8, self.height, self.width, 3)
        components = bytes((1, _SAMPLING[self.type], 0, 2, 0x11, 1, 3, 0x11, 1))
        tables = b"".join(_segment(_DHT, bytes((name,)) + table) for name, table in _TABLES.items())
        return b"".join(
            (
                bytes((0xFF, _SOI)),
                _segment(_DQT, b"\x00" + self.luma),
                _segment(_DQT, b"\x01" + self.chroma),
                _segment(_DRI, struct.pack("!H", self.restart)) if self.restart else b"",
                _segment(_SOF0, size + components),
                tables,
                _segment(_SOS, bytes((3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0))),
                self.scan,
                bytes((0xFF, _EOI)),
            )
        )


def packetize(image: bytes, limit: int = 1400) -> list[bytes]:
    """RTP payloads of one JPEG image.

    Raises:
        JpegSyntaxError: it cannot be carried.
        ValueError: `limit` leaves no room for the headers.
    """
    taken = Image.parse(image)
    if not (0 < taken.width <= LARGEST and 0 < taken.height <= LARGEST) or not taken.scan:
        raise JpegSyntaxError(f"{taken.width}x{taken.height} pixels, {len(taken.scan)} bytes of picture")
    size = bytes((-(-taken.width // 8), -(-taken.height // 8)))
    type_ = taken.type | RESTARTS * bool(taken.restart)
    restart = struct.pack("!HH", taken.restart, _WHOLE) if taken.restart else b""
    tables = struct.pack("!BBH", 0, 0, 128) + taken.luma + taken.chroma
    if limit <= 8 + len(restart) + len(tables):
        raise ValueError(f"payloads of {limit} bytes have no room for the headers")
    found: list[bytes] = []
    at = 0
    while at < len(taken.scan):
        head = struct.pack("!II", at, type_ << 24 | IN_BAND << 16)[:6] + size + restart + (b"" if at else tables)
        piece = taken.scan[at : at + limit - len(head)]
        found.append(head + piece)
        at += len(piece)
    return found


class Depacketizer(_Depacketizer):
    """JPEG images with headers put back; without tables in-band (Q below 128) a picture counts as damaged."""

    _image: Image | None = None

    def _is_key(self, unit: bytes) -> bool:
        return bool(unit)

    def _payload(self, payload: bytes) -> None:
        if len(payload) < 8:
            self._damaged()
            return
        offset = int.from_bytes(payload[1:4], "big")
        type_, quality, width, height = payload[4:8]
        at = 8
        restart = 0
        if RESTARTS <= type_ < 2 * RESTARTS:
            restart = int.from_bytes(payload[8:10], "big")
            at = 12
        if offset == 0:
            self._fragments.clear()
            self._image = None
            tables = int.from_bytes(payload[at + 2 : at + 4], "big")
            luma, chroma = payload[at + 4 : at + 68], payload[at + 68 : at + 132]
            known = type_ % RESTARTS in _SAMPLING and type_ < 2 * RESTARTS
            if not known or quality < 128 or tables != 128 or len(chroma) != 64 or payload[at + 1]:
                self._damaged()
                return
            at += 132
            self._image = Image(type_ % RESTARTS, width * 8, height * 8, luma, chroma, restart, b"")
        if offset != sum(map(len, self._fragments)) or self._image is None or len(payload) <= at:
            self._damaged()
            return
        self._fragments.append(payload[at:])

    def _ended(self) -> None:
        image, self._image = self._image, None
        if image is None or not self._fragments:
            self._damaged()
            return
        scan = b"".join(self._fragments)
        self._fragments.clear()
        end = scan.rfind(bytes((0xFF, _EOI)))  # some cameras send the marker too
        scan = scan[:end] if end >= 0 and end == len(scan) - 2 else scan
        whole = Image(image.type, image.width, image.height, image.luma, image.chroma, image.restart, scan)
        self._units.append(whole.encode())


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, content, and where the next one begins, up to the scan."""
    if data[:2] != bytes((0xFF, _SOI)):
        raise JpegSyntaxError("does not begin as an image")
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes (T.81 B.1.1.2)
            at += 1
        if len(data) < at + 4 or data[at] != 0xFF:
            raise JpegSyntaxError(f"no marker at {at}")
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + size
        if size < 2 or end > len(data):
            raise JpegSyntaxError(f"segment at {at} is cut")
        yield data[at + 1], data[at + 4 : end], end
        at = end


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0xFF, marker, len(body) + 2) + body


def _quantisation(body: bytes) -> dict[int, bytes]:
    if len(body) % 65 or any(body[at] > 3 for at in range(0, len(body), 65)):
        raise JpegSyntaxError("quantisation tables are not of 8 bits")
    return {body[at]: body[at + 1 : at + 65] for at in range(0, len(body), 65)}


def _check_huffman(body: bytes) -> None:
    at = 0
    while at < len(body):
        size = 17 + sum(body[at + 1 : at + 17])
        if _TABLES.get(body[at]) != body[at + 1 : at + size]:
            raise JpegSyntaxError("Huffman tables are not those of ITU-T T.81 annex K.3")
        at += size


def _frame(body: bytes) -> tuple[int, int, int, int, int]:
    """Width, height, RFC 2435 type, and the names of the tables of luma and chroma."""
    if len(body) != 15 or body[0] != 8 or body[5] != 3:
        raise JpegSyntaxError("no frame of three components of 8 bits")
    height, width = struct.unpack_from("!HH", body, 1)
    sampling = body[7], body[10], body[13]
    found = next((type_ for type_, luma in _SAMPLING.items() if sampling == (luma, 0x11, 0x11)), None)
    if found is None or body[11] != body[14]:
        raise JpegSyntaxError("sampling is neither 4:2:2 nor 4:2:0")
    return width, height, found, body[8], body[11]
