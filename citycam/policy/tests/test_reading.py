"""Tables of proposals as agencies send them: what is read, and what is said of the rest."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from citycam.inventory.remark import Remark
from citycam.policy.form import REQUIRED, columns, field_of
from citycam.policy.proposal import Proposal
from citycam.policy.reading import Batch, read_proposals
from citycam.policy.sample import sample_proposals
from citycam.policy.table import write_proposals
from citycam.policy.tests.proposals import proposal

HEADER = ["Mã đề xuất", "Tên dự án", "Chủ đầu tư", "Ngày trình", "Số camera"]
ROW: list[Any] = ["P-1", "Camera chợ", "UBND phường Ngọc Hà", "01/10/2026", 12]


def workbook(folder: Path, *rows: list[Any], name: str = "đề xuất.xlsx") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Đề xuất"
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    path = folder / name
    path.write_bytes(out.getvalue())
    return path


def table(folder: Path, header: dict[str, Any], *more: dict[str, Any]) -> Batch:
    """One row a dictionary, by field of the form; required columns come of themselves."""
    plain = dict(zip(REQUIRED, ROW, strict=True))
    lines = [{**plain, **line} for line in (header, *more)]
    fields = list(dict.fromkeys(name for line in lines for name in line))
    titles = [columns()[name].vi for name in fields]
    return read_proposals([workbook(folder, titles, *([line.get(name) for name in fields] for line in lines))])


def only(batch: Batch) -> Proposal:
    assert batch.remarks == []
    (found,) = batch.proposals
    return found


def remark(batch: Batch) -> Remark:
    (found,) = batch.remarks
    return found


def test_a_plain_workbook(tmp_path: Path) -> None:
    found = only(read_proposals([workbook(tmp_path, ["PHỤ LỤC II"], [], HEADER, ROW)]))
    assert (found.id, found.title, found.agency, found.cameras) == ("P-1", "Camera chợ", "UBND phường Ngọc Hà", 12)
    assert found.submitted == date(2026, 10, 1)


@pytest.mark.parametrize("title", ["Vĩ độ", "vi do", "LATITUDE", "Lat", "Vĩ  độ (WGS 84)"])
def test_titles_are_known_with_and_without_marks(title: str) -> None:
    assert field_of(title) == "latitude"


def test_no_title_names_two_fields() -> None:
    for name, column in columns().items():
        assert {field_of(title) for title in (column.vi, column.en, *column.names)} == {name}


def test_choices_numbers_and_dates_as_people_write_them(tmp_path: Path) -> None:
    found = only(
        table(
            tmp_path,
            {
                "work": "Lắp mới",
                "budget_vnd": "1.250.000.000",
                "exemption": "hệ thống chuyên dùng",
                "exemption_document": "1234/QĐ-UBND",
                "exemption_dated": "ngày 4 tháng 5 năm 2026",
                "exemption_authority": "UBND TP Hà Nội",
                "tender_state": "Đang triển khai",
                "latitude": "21°01'42,6\"N",
                "longitude": "105,8542",
                "azimuth_deg": "Đông Bắc",
                "field_of_view_deg": "90°",
                "range_m": "50 m",
                "extends": "không",
            },
        )
    )
    assert found.budget_vnd == 1_250_000_000
    assert found.exemption is not None
    assert (found.exemption.claim, found.exemption.dated) == ("specialised", date(2026, 5, 4))
    assert found.tender is not None
    assert found.tender.state == "under-way"
    (view,) = found.views
    assert (round(view.latitude, 4), view.longitude, view.azimuth_deg, view.range_m) == (21.0285, 105.8542, 45, 50)
    assert view.position_error_m == 5.6, "no better than the digits that were written"
    assert found.extends is None


def test_several_rows_of_one_id_are_its_cameras(tmp_path: Path) -> None:
    rows = [{"latitude": 21.03, "longitude": 105.82 + n / 1000} for n in range(3)]
    found = only(table(tmp_path, rows[0], *({"title": None, **row} for row in rows[1:])))
    assert [view.longitude for view in found.views] == [105.82, 105.821, 105.822]


@pytest.mark.parametrize(
    ("cells", "column", "wrong"),
    [
        ({"submitted": "hôm qua"}, "Ngày trình", "not a date"),
        ({"submitted": "31/02/2026"}, "Ngày trình", "there is no such day"),
        ({"submitted": None}, "Ngày trình", "this is required"),
        ({"cameras": "nhiều"}, "Số camera", "not a number"),
        ({"cameras": -3}, "Số camera", "-3 cannot be"),
        ({"cameras": 2.5}, "Số camera", "2.5 is not a whole number"),
        ({"id": "=cmd|' /C calc'!A0"}, "Mã đề xuất", "String should match pattern"),
        ({"work": "xây nhà"}, "Nội dung", "'xây nhà' is not one of the choices"),
        ({"exemption_document": "12/QĐ"}, "Trường hợp loại trừ", "Field required"),
        ({"latitude": 10.77, "longitude": 106.7}, "Vĩ độ", "km outside Hanoi"),
        ({"latitude": 21.03}, "Vĩ độ", "not an angle"),
        ({"latitude": 21.03, "longitude": 105.8, "cameras": 0}, "Số camera", "1 positions for 0 cameras"),
        ({"azimuth_deg": 400, "latitude": 21.03, "longitude": 105.82}, "Hướng (°)", "400 ° cannot be"),
        ({"extends": "P-1"}, "Số camera", "a proposal cannot extend or precede itself"),
    ],
)
def test_a_mistake_is_named_with_sheet_row_and_column(
    tmp_path: Path, cells: dict[str, Any], column: str, wrong: str
) -> None:
    found = table(tmp_path, cells)
    assert found.proposals == []
    said = remark(found)
    assert (said.sheet, said.row, said.column) == ("Đề xuất", 2, column)
    assert wrong in said.wrong
    assert said.right


def test_one_bad_row_does_not_stop_the_others(tmp_path: Path) -> None:
    found = table(tmp_path, {}, {"id": "P-2", "cameras": "?!"}, {"id": "P-3"})
    assert [one.id for one in found.proposals] == ["P-1", "P-3"]
    assert found.rows["P-3"] == "đề xuất.xlsx, Đề xuất, row 4"
    assert remark(found).row == 3


def test_rows_of_one_id_must_agree(tmp_path: Path) -> None:
    found = table(tmp_path, {}, {"cameras": 13})
    assert (remark(found).row, remark(found).column) == (3, "Số camera")
    assert remark(found).wrong == "row 2 says otherwise of P-1"


def test_an_id_used_twice_in_two_files_is_named_with_the_first(tmp_path: Path) -> None:
    files = [workbook(tmp_path, HEADER, ROW, name=name) for name in ("a.xlsx", "b.xlsx")]
    found = read_proposals(files)
    assert len(found.proposals) == 1
    assert remark(found).wrong == "the id P-1 is used twice, first at a.xlsx, Đề xuất, row 2"


def test_a_table_without_a_required_column_is_named(tmp_path: Path) -> None:
    said = remark(read_proposals([workbook(tmp_path, HEADER[:4], ROW[:4])]))
    assert (said.row, said.wrong) == (1, "columns that are missing: Số camera")


_FAR = {**proposal().as_data(), "views": [{"latitude": 10.7, "longitude": 106.7}]}
AWAY = json.dumps({"schema_version": 1, "proposals": [_FAR]}).encode()
BAD: list[tuple[str, bytes, str]] = [
    ("empty.xlsx", b"", "the file is empty"),
    ("zip.xlsx", b"PK\x03\x04 not a zip", "damaged"),
    ("old.xls", b"\xd0\xcf\x11\xe0" + b"\1" * 100, "old .xls"),
    ("latin.csv", "Mã;Tên".encode("latin-1", "replace") + b"\xff\xfe\xe3", "neither UTF-8"),
    ("letter.csv", b"Dear Sir or Madam", "no table of proposals"),
    ("list.json", b"[]", "Input should be a valid dictionary"),
    ("cut.json", b'{"schema_version": 1, "proposals": [', "not valid JSON"),
    ("deep.json", b"[" * 100_000, "not valid JSON"),
    ("wrong.json", b'{"schema_version": 1, "proposals": [{"id": "P-1"}]}', "proposals.0.title"),
    ("wrong.yaml", b"schema_version: 1\nproposals:\n  - id: P-1\n    titel: x\n", "unknown key; did you mean 'title'?"),
    ("away.json", AWAY, "km outside Hanoi"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "wrong"), BAD, ids=[name for name, *_ in BAD])
def test_a_bad_file_is_one_remark_and_the_others_go_on(tmp_path: Path, name: str, content: bytes, wrong: str) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    found = read_proposals([bad, tmp_path / "missing.csv", workbook(tmp_path, HEADER, ROW)])
    assert [one.id for one in found.proposals] == ["P-1"]
    assert [remark.file for remark in found.remarks] == [name, "missing.csv"]
    assert wrong in found.remarks[0].wrong


def test_yaml_mistakes_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    lines = (
        "schema_version: 1|proposals:|  - id: P-1|    title: x|    agency: y|    submitted: 2026-01-01|    cameras: -1|"
    )
    path.write_text(lines.replace("|", "\n"), encoding="utf-8")
    assert remark(read_proposals([path])).row == 7


ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*Proposal.model_fields, "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(ANYTHING, st.fixed_dictionaries({"schema_version": st.just(1), "proposals": st.lists(ANYTHING)})))
def test_any_json_is_proposals_or_remarks(tmp_path: Path, tree: Any) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(tree), encoding="utf-8")
    found = read_proposals([path])
    assert found.remarks or len(found.proposals) == len(tree["proposals"])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300) | st.text(max_size=80).map(str.encode), st.sampled_from([".csv", ".xlsx", ".yaml", ".json"])
)
def test_any_bytes_are_remarks(tmp_path: Path, content: bytes, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    assert read_proposals([path]).remarks


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(list(columns())), st.text(max_size=12) | st.integers() | st.floats(), max_size=8)
)
def test_any_cells_are_a_proposal_or_remarks(tmp_path: Path, cells: dict[str, Any]) -> None:
    path = tmp_path / "a.csv"
    line = {**dict(zip(REQUIRED, ROW, strict=True)), **cells}
    out = io.StringIO()
    csv.writer(out).writerows([[columns()[name].vi for name in line], list(line.values())])
    path.write_text(out.getvalue(), encoding="utf-8", errors="replace")
    found = read_proposals([path])
    assert len(found.proposals) == 1 or found.remarks


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    proposals = sample_proposals(60, 7)
    path = tmp_path / f"sample{ending}"
    write_proposals(path, proposals)
    found = read_proposals([path])
    assert found.remarks == []
    for one, other in zip(found.proposals, proposals, strict=True):
        views = [view.model_copy(update={"position_error_m": None}) for view in one.views]
        expected = [view.model_copy(update={"position_error_m": None}) for view in other.views]
        assert views == expected
        assert one.model_copy(update={"views": ()}) == other.model_copy(update={"views": ()})
