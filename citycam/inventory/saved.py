"""Save a workbook so that the same content is the same bytes: without the time of day in it."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl import Workbook

MADE = (2025, 9, 3, 0, 0, 0)
"""What every workbook says of when it was made: the day of document 4932/UBND-ĐMPT."""

_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def saved(book: Workbook) -> bytes:
    """The workbook as the bytes of an XLSX file."""
    made = io.BytesIO()
    book.save(made)
    out = io.BytesIO()
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.infolist():
            content = before.read(part)
            if part.filename == "docProps/core.xml":
                content = _TIMES.sub(rb"\g<1>2025-09-03T00:00:00Z", content)
            entry = zipfile.ZipInfo(part.filename, MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, content)
    return out.getvalue()
