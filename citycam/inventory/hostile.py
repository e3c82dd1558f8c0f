"""Files that an import must refuse, each for its own reason, while the others go on."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from functools import cache

from citycam.inventory.saved import MADE

BOMB = 402 * 2**20
"""Bytes to which the sample's bomb unpacks: more than the import takes."""


@cache
def hostile_files() -> Mapping[str, bytes]:
    """Name → content of files that must be refused, each for its own reason, while the others go on."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(_entry("xl/workbook.xml"), "<workbook/>")
        with archive.open(_entry("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as part:
            block = b" " * 2**20
            for _ in range(BOMB // len(block)):
                part.write(block)
    macro = io.BytesIO()
    with zipfile.ZipFile(macro, "w") as archive:
        archive.writestr(_entry("xl/workbook.xml"), "<workbook/>")
        archive.writestr(_entry("xl/vbaProject.bin"), b"\0")
    return {
        "x-bomb.xlsx": bomb.getvalue(),
        "x-damaged.xlsx": b"PK\x03\x04" + bytes(range(256)),
        "x-empty.csv": b"",
        "x-encoding.csv": "Tên;Địa chỉ;Vĩ độ;Kinh độ".encode("utf-16-le") + b"\xff",
        "x-macro.xlsm": macro.getvalue(),
        "x-nothing.csv": b"a;b\n1;2\n",
        "x-old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512),
    }


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, MADE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
