"""The form that an agency fills in: XLSX with drop-down lists, notes in two languages and an example row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from citycam.inventory.choices import labels, words
from citycam.inventory.columns import Column, columns
from citycam.inventory.saved import saved
from citycam.inventory.submission import EXAMPLE, letters
from citycam.inventory.wards import wards

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

HEADER_ROW = 5
ROWS = 5_000
"""Rows that have drop-down lists."""

EXAMPLE_ROW: Mapping[str, str | float] = {
    "agency": "UBND phường Tây Hồ",
    "agency_tier": "Phường/xã",
    "ward": "Phường Tây Hồ",
    "site": "Ngã tư Lạc Long Quân - Võ Chí Công",
    "address_text": "614 Lạc Long Quân",
    "latitude": 21.07012,
    "longitude": 105.80847,
    "position_error": 5,
    "kind": "Quay quét",
    "azimuth": 135,
    "field_of_view": 62,
    "range": 60,
    "height": 6,
    "vendor": "Hãng A",
    "model": "A-2123",
    "serial": "A2123X0012345",
    "mac": "02:00:5e:10:20:30",
    "onvif_endpoint": "urn:uuid:6f6a3c1e-2f5b-11ef-9d3b-02005e102030",
    "onvif_profiles": "S, T",
    "firmware": "5.7.3",
    "conformity_standard": "QCVN 135:2024/BTTTT",
    "conformity_certificate": "A0123",
    "conformity_date": "15/01/2026",
    "purchased": "20/02/2026",
    "ip": "10.20.30.40",
    "port": 554,
    "path": "/Streaming/Channels/101",
    "auth": "Digest",
    "protection": "VLAN riêng",
    "uplink_kind": "Cáp quang",
    "uplink_bandwidth": 50,
    "codec": "H.265",
    "resolution": "1920x1080",
    "fps": 25,
    "bitrate": 2048,
    "audio": "Không",
    "clock_error": 0,
    "retention": 30,
    "purpose": "An ninh trật tự",
    "state": "Hoạt động",
}
_GUIDE = (
    ("Mỗi camera một dòng. Ô nào chưa rõ thì để trống.", "One camera a row. Leave empty what is not known."),
    ("Không ghi tài khoản và mật khẩu vào biểu này.", "Put no user names and passwords into this form."),
    ("Phường/xã theo tên từ ngày 01/7/2025.", "Wards and communes by their names since 1 July 2025."),
    ("Dòng ví dụ được bỏ qua khi nhập.", "The example row is left out by the import."),
)


def form_columns() -> Sequence[Column]:
    """Columns of the form, the running number first."""
    return [columns()["number"], *(column for column in columns().values() if column.form)]


def template() -> bytes:
    """The form as the bytes of an XLSX file."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    _camera_sheet(sheet)
    _lists(book, sheet)
    _guide(book)
    book.properties.creator = "citycam"
    return saved(book)


def _camera_sheet(sheet: Worksheet) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, Font, PatternFill

    sheet.title = "Camera"
    sheet["A1"] = "PHIẾU HIỆN TRẠNG CAMERA / STATE OF CAMERAS"
    sheet["A1"].font = Font(bold=True, size=14)
    sheet["A2"], sheet["A3"] = "Đơn vị gửi:", "Ngày lập / Date:"
    for at, column in enumerate(form_columns()):
        head = sheet.cell(HEADER_ROW, at + 1, f"{column.vi}\n{column.en}")
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7F0")
        head.alignment = Alignment(wrap_text=True, vertical="center")
        notes = [note for note in (column.note_vi, column.note_en) if note]
        if notes:
            head.comment = Comment("\n".join(dict.fromkeys(notes)), "citycam", width=260, height=90)
        example = sheet.cell(
            HEADER_ROW + 1, at + 1, EXAMPLE if column.field == "number" else EXAMPLE_ROW.get(column.field)
        )
        example.font = Font(italic=True, color="808080")
        sheet.column_dimensions[letters(at)].width = max(12, min(30, len(column.vi) + 4))
        for row in range(HEADER_ROW + 2, HEADER_ROW + 102):
            sheet.cell(row, at + 1).number_format = "@" if column.field in {"serial", "mac", "ip"} else "General"
    sheet.row_dimensions[HEADER_ROW].height = 48
    sheet.freeze_panes = f"B{HEADER_ROW + 1}"


def _lists(book: Workbook, sheet: Worksheet) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = book.create_sheet("Danh mục")
    lists.sheet_state = "hidden"
    for at, column in enumerate(form_columns()):
        values = _choices(column.field)
        if not values:
            continue
        place = lists.max_column + (lists["A1"].value is not None)
        for row, value in enumerate(values, 1):
            lists.cell(row, place, value)
        letter = letters(place - 1)
        rule = DataValidation(type="list", formula1=f"'Danh mục'!${letter}$1:${letter}${len(values)}", allow_blank=True)
        rule.errorStyle, rule.error = "warning", "Hãy chọn trong danh sách / Choose from the list"
        sheet.add_data_validation(rule)
        rule.add(f"{letters(at)}{HEADER_ROW + 2}:{letters(at)}{HEADER_ROW + 1 + ROWS}")


def _choices(field: str) -> list[str]:
    if field == "ward":
        return [name for _, name in wards()]
    return list(labels(field).values()) if field in words() else []


def _guide(book: Workbook) -> None:
    guide = book.create_sheet("Hướng dẫn")
    for vi, en in _GUIDE:
        guide.append([vi, en])
    guide.append([])
    for column in form_columns():
        guide.append([column.vi, column.en, column.note_vi, column.note_en])
    for letter, width in zip("ABCD", (40, 40, 60, 60), strict=True):
        guide.column_dimensions[letter].width = width
