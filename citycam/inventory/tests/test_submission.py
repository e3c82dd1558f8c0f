import io
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook, load_workbook

from citycam.inventory.form import EXAMPLE_ROW, HEADER_ROW, form_columns, template
from citycam.inventory.remark import Level
from citycam.inventory.returned import returned_workbook
from citycam.inventory.submission import Submission, letters, read_submission
from citycam.model.errors import ConfigError

NOW = datetime(2026, 9, 1, tzinfo=UTC)
TITLES = ["STT", "Phường/xã", "Điểm lắp", "Số sê-ri", "MAC", "Vĩ độ", "Kinh độ", "Link RTSP", "Ghi chú"]


def xlsx(rows: Sequence[object], merge: Sequence[str] = ()) -> bytes:
    made = Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        assert isinstance(row, list)
        sheet.append(row)
    for area in merge:
        sheet.merge_cells(area)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def camera(number: int, **changes: object) -> list[object]:
    facts = {
        "STT": number,
        "Phường/xã": "Phường Hoàn Kiếm",
        "Điểm lắp": "Bờ Hồ",
        "Số sê-ri": f"S{number}",
        "Vĩ độ": 21.0285,
        "Kinh độ": 105.8542,
    }
    return [(facts | changes).get(title) for title in TITLES]


def read(rows: Sequence[object], merge: Sequence[str] = ()) -> Submission:
    return read_submission("phuong.xlsx", xlsx(rows, merge), NOW)


def test_the_form_filled_in_is_read_and_its_example_is_not() -> None:
    book = load_workbook(io.BytesIO(template()))
    sheet = book["Camera"]
    sheet["A2"], sheet["B2"] = "Đơn vị gửi:", "UBND phường Tây Hồ"
    for at, column in enumerate(form_columns(), 1):
        sheet.cell(HEADER_ROW + 2, at).value = EXAMPLE_ROW.get(column.field)
    out = io.BytesIO()
    book.save(out)
    found = read_submission("form.xlsx", out.getvalue(), NOW)
    assert (found.rows, found.accepted, found.submitter) == (1, 1, "UBND phường Tây Hồ")
    assert [remark.wrong for remark in found.remarks] == ["the form's example"]


def test_the_form_is_the_same_every_time_and_its_lists_are_understood() -> None:
    assert template() == template()
    rules = load_workbook(io.BytesIO(template()))["Camera"].data_validations.dataValidation
    assert len(rules) >= 9


def test_an_empty_form_has_no_camera_and_is_no_error() -> None:
    found = read_submission("form.xlsx", template(), NOW)
    assert (found.rows, len(found.observations)) == (0, 0)


def test_every_row_is_accounted_for() -> None:
    found = read(
        [
            ["DANH SÁCH CAMERA"],
            ["Đơn vị: UBND phường Hoàn Kiếm"],
            TITLES,
            ["I. Khu vực hồ"],
            camera(1),
            [],
            camera(2, **{"Vĩ độ": 105.8542, "Kinh độ": 21.0285}),
            TITLES,
            camera(3, MAC="02:00"),
            ["Tổng cộng", None, 3],
        ]
    )
    assert found.submitter == "UBND phường Hoàn Kiếm"
    assert (found.rows, found.accepted, found.noted, found.rejected) == (3, 1, 1, 1)
    info = {remark.row: remark.wrong for remark in found.remarks if remark.level is Level.INFO}
    assert info == {4: "a heading, not a camera", 8: "the header once more", 10: "a sum, not a camera"}
    (error,) = [remark for remark in found.remarks if remark.level is Level.ERROR]
    assert (error.sheet, error.row, error.cell, error.column, error.found) == ("Sheet", 9, "E9", "MAC", "02:00")
    assert "12 hexadecimal digits" in error.right
    assert [(one.row, one.facts["serial"]) for one in found.observations] == [(5, "S1"), (7, "S2")]


def test_a_merged_cell_speaks_for_all_its_rows() -> None:
    rows = [TITLES, camera(1), camera(2, **{"Điểm lắp": None, "Phường/xã": None})]
    found = read(rows, ["C2:C3", "B2:B3"])
    assert [(one.facts["site"], one.facts["ward_code"]) for one in found.observations] == [("Bờ Hồ", 70)] * 2


def test_a_column_that_nobody_knows_is_told_with_its_cells() -> None:
    found = read([[*TITLES, "Màu sơn"], [*camera(1), "xám"]])
    assert [(remark.column, remark.wrong) for remark in found.remarks] == [
        ("Màu sơn", "no column of the form is called so; 1 cells left out")
    ]


def test_credentials_are_apart_and_nowhere_else() -> None:
    found = read(
        [
            [*TITLES, "Mật khẩu"],
            [*camera(1, **{"Link RTSP": "rtsp://admin:Bimat1@10.0.0.1/live"}), None],
            [*camera(2), "Bimat2"],
            [*camera(3, MAC="02:00", **{"Link RTSP": "rtsp://admin:Bimat3@10.0.0.1/"}), "Bimat3"],
            ["Tổng cộng", *[None] * len(TITLES[1:]), "Bimat4"],
        ]
    )
    assert {where: told.password for where, told in found.credentials.items()} == {
        ("Sheet", 2): "Bimat1",
        ("Sheet", 3): "Bimat2",
    }
    assert "Bimat" not in repr(found)
    assert b"Bimat" not in b"".join(
        str(cell.value).encode()
        for sheet in load_workbook(io.BytesIO(returned_workbook(found)))
        for row in sheet
        for cell in row
    )


def test_the_returned_workbook_marks_the_wrong_cells_and_runs_nothing() -> None:
    found = read([TITLES, camera(1, MAC="02:00", **{"Ghi chú": "=cmd|'/C calc'!A0", "Điểm lắp": "+84 24"}), camera(2)])
    book = load_workbook(io.BytesIO(returned_workbook(found)))
    sheet = book["Sheet"]
    assert [cell.value for cell in sheet[1]][: len(TITLES)] == TITLES
    wrong = sheet["E2"]
    assert wrong.fill.fgColor.rgb.endswith("F4B6B6")
    assert "12 hexadecimal digits" in wrong.comment.text
    assert sheet["D2"].fill.fill_type is None
    assert "f" not in {cell.data_type for every in book for row in every for cell in row}
    assert sheet["I2"].value == "=cmd|'/C calc'!A0"
    assert sheet["I2"].quotePrefix
    assert sheet.max_row == 2
    assert "MAC" in {row[5].value for row in book["Lỗi"].iter_rows()}


def test_a_file_without_a_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="no table of cameras"):
        read_submission("a.csv", b"a;b\n1;2\n", NOW)


def test_who_sends_is_the_agency_of_most_rows_or_the_files_name() -> None:
    rows = [[*TITLES, "Đơn vị quản lý"], *([*camera(n), agency] for n, agency in enumerate(("A", "B", "B"), 1))]
    assert read(rows).submitter == "B"
    assert read([TITLES, camera(1)]).submitter == "phuong"


def test_letters_of_columns() -> None:
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
