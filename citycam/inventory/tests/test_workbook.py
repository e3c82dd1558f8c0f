import io
import zipfile
from collections.abc import Callable

import pytest
from openpyxl import Workbook

from citycam.inventory import workbook
from citycam.inventory.hostile import hostile_files
from citycam.inventory.workbook import Sheet, read_workbook
from citycam.model.errors import ConfigError


def book(fill: Callable[[Workbook], None]) -> bytes:
    made = Workbook()
    fill(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed, or added when there is none."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            if part != name:
                after.writestr(part, before.read(part))
        after.writestr(name, change(before.read(name) if name in before.namelist() else b""))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def _plain(made: Workbook) -> None:
    sheet = made.worksheets[0]
    sheet.append(["a", 1, 2.5])
    sheet.append([None, "b"])


def test_cells_stay_where_they_are() -> None:
    def fill(made: Workbook) -> None:
        made.worksheets[0]["B3"] = "x"
        made.worksheets[0]["C3"] = 7

    (sheet,) = read_workbook("a.xlsx", book(fill))
    assert [list(row) for row in sheet.rows] == [["", "", ""], ["", "", ""], ["", "x", 7]]


def test_merged_cells_are_told() -> None:
    def fill(made: Workbook) -> None:
        _plain(made)
        made.worksheets[0].merge_cells("A1:C2")

    (sheet,) = read_workbook("a.xlsx", book(fill))
    assert sheet.merged == ((0, 0, 1, 2),)


def test_a_formula_is_its_text_and_never_its_result() -> None:
    def fill(made: Workbook) -> None:
        made.worksheets[0].append(["=cmd|'/C calc'!A0", "=1+1", "plain"])

    (sheet,) = read_workbook("a.xlsx", book(fill))
    assert list(sheet.rows[0]) == ["=cmd|'/C calc'!A0", "=1+1", "plain"]
    assert sheet.formulas == {(0, 0), (0, 1)}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_in_its_usual_writings(delimiter: str, encoding: str) -> None:
    text = (
        f'Tên{delimiter}Vĩ độ\r\n"một\nhai"{delimiter}21,5\r\n'
        if delimiter != ","
        else 'Tên,Vĩ độ\r\n"một\nhai","21,5"\r\n'
    )
    assert read_workbook("a.csv", text.encode(encoding)) == [Sheet("", [["Tên", "Vĩ độ"], ["một\nhai", "21,5"]])]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x-bomb.xlsx", "unpacks to more than"),
        ("x-damaged.xlsx", "damaged"),
        ("x-empty.csv", "empty"),
        ("x-encoding.csv", "neither UTF-8 nor UTF-16"),
        ("x-macro.xlsm", "macros"),
        ("x-old.xls", "old .xls"),
    ],
)
def test_hostile_files_are_refused_each_for_its_reason(name: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_workbook(name, hostile_files()[name])


def _far_cell(xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", b'<row r="190000"><c r="XFD190000"><v>1</v></c></row></sheetData>')


def _ten_million_rows(xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", b'<row r="10000000"><c><v>1</v></c></row></sheetData>')


def _many_rows(xml: bytes) -> bytes:
    return xml.replace(b"</sheetData>", b"<row/>" * 200_001 + b"</sheetData>")


def _entities(xml: bytes) -> bytes:
    return xml.replace(b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet', 1)


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        (SHEET, _far_cell, "a sheet of 190,000 × 16,384 cells"),
        (SHEET, _ten_million_rows, "a sheet of more than 200,000 rows"),
        (SHEET, _many_rows, "a sheet of more than 200,000 rows"),
        (SHEET, _entities, "its XML is not that of a workbook"),
        (SHEET, lambda xml: xml.decode().encode("utf-16"), "its XML is not that of a workbook"),
        (SHEET, lambda xml: xml[: len(xml) // 2], "damaged"),
        ("xl/vbaProject.bin", lambda _: b"\0", "macros"),
        ("xl/macrosheets/sheet9.xml", lambda _: b"<x/>", "macros"),
    ],
)
def test_what_would_not_fit_or_would_run_is_refused_before_it_is_parsed(
    part: str, change: Callable[[bytes], bytes], says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        read_workbook("a.xlsx", with_part(book(_plain), part, change))


def test_a_bomb_that_lies_about_its_size_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "LARGEST_UNPACKED", 10**6)
    honest = with_part(book(_plain), "xl/media/a.bin", lambda _: bytes(2 * 10**6))
    with pytest.raises(ConfigError, match="unpacks to more than"):
        read_workbook("a.xlsx", honest)
    size = (2 * 10**6).to_bytes(4, "little")
    assert honest.count(size) >= 2
    with pytest.raises(ConfigError, match="damaged"):
        read_workbook("a.xlsx", honest.replace(size, (100).to_bytes(4, "little")))


def test_a_zip_that_is_no_workbook_and_a_csv_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(ConfigError, match="no workbook"):
        read_workbook("a.zip", out.getvalue())
    monkeypatch.setattr(workbook, "MOST_ROWS", 10)
    with pytest.raises(ConfigError, match="more than 10 rows"):
        read_workbook("a.csv", b"a;b\n" * 11)
    monkeypatch.setattr(workbook, "LARGEST_FILE", 10)
    with pytest.raises(ConfigError, match="the file has"):
        read_workbook("a.csv", b"a;b\n" * 11)
