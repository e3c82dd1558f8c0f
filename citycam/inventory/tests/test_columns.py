import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.columns import columns, field_of, find_table
from citycam.inventory.form import form_columns
from citycam.inventory.spelling import Cell, fold
from citycam.inventory.workbook import Sheet

NAMES = [(column.field, name) for column in columns().values() for name in (column.vi, column.en, *column.names)]


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(["NFC", "NFD"]), st.sampled_from([str.upper, str.lower, str.title]))
def test_every_name_of_a_column_is_recognised_in_every_spelling(
    named: tuple[str, str], form: str, case: object
) -> None:
    field, name = named
    text = unicodedata.normalize(form, case(name))  # type: ignore[arg-type,operator]
    assert field_of(text) == (field, 100.0)
    assert field_of(f"  {text} (*) ")[0] == field


@settings(deadline=None, max_examples=200)
@given(
    st.sampled_from([(field, name) for field, name in NAMES if len(fold(name)) > 11]), st.randoms(use_true_random=False)
)
def test_a_title_with_a_wrong_letter_is_recognised_or_left_alone(named: tuple[str, str], chance: random.Random) -> None:
    field, name = named
    at = chance.randrange(len(name))
    found, score = field_of(name[:at] + "z" + name[at + 1 :])
    assert found in {"", field} or score == 100.0 or fold(columns()[found].vi) != fold(name)


def test_no_name_is_of_two_columns() -> None:
    owners: dict[str, set[str]] = {}
    for field, name in NAMES:
        owners.setdefault(fold(name), set()).add(field)
    assert not {name: fields for name, fields in owners.items() if len(fields) > 1}


def test_the_form_asks_for_no_credentials() -> None:
    assert {"username", "password", "url"}.isdisjoint(column.field for column in form_columns())


@settings(deadline=None)
@given(st.permutations(["Số sê-ri", "Địa chỉ MAC", "Vĩ độ", "Kinh độ", "Phường/xã"]), st.integers(0, 6))
def test_columns_are_found_in_any_order_and_below_any_heading(titles: list[str], above: int) -> None:
    rows: list[list[str]] = [["Danh sách camera"]] * above + [titles] + [["1"] * 5]
    table = find_table(Sheet("x", rows))
    assert table is not None
    assert table.first_row == above + 1
    assert {titles[at]: name for name, at in table.columns.items()} == {
        "Số sê-ri": "serial",
        "Địa chỉ MAC": "mac",
        "Vĩ độ": "latitude",
        "Kinh độ": "longitude",
        "Phường/xã": "ward",
    }


def test_merged_group_titles_lend_their_word() -> None:
    rows: list[list[Cell]] = [
        ["STT", "Thông tin chung", "", "Tọa độ", "", "Luồng chính", ""],
        ["", "Model", "Số sê-ri", "X", "Y", "Rộng", "Cao"],
        [1, "A-1", "S1", 21.02, 105.85, 1920, 1080],
    ]
    table = find_table(Sheet("x", rows, ((0, 1, 0, 2), (0, 3, 0, 4), (0, 5, 0, 6), (0, 0, 1, 0))))
    assert table is not None
    assert table.first_row == 2
    assert dict(table.columns) == {
        "number": 0,
        "model": 1,
        "serial": 2,
        "latitude": 3,
        "longitude": 4,
        "width": 5,
        "picture_height": 6,
    }


@pytest.mark.parametrize(("title", "unit"), [("Bitrate (Mbps)", "m"), ("Tốc độ bit (kb/s)", "k"), ("Bitrate", "k")])
def test_units_in_titles_are_heeded(title: str, unit: str) -> None:
    table = find_table(Sheet("x", [["Model", "Serial", title]]))
    assert table is not None
    assert table.units["bitrate"] == unit


def test_a_sheet_without_a_header_has_no_table() -> None:
    assert find_table(Sheet("x", [["a", "b"], ["1", "2"]])) is None
    assert find_table(Sheet("x", [])) is None


def test_unknown_and_guessed_columns_are_told() -> None:
    table = find_table(Sheet("x", [["Model", "Số sê-rri camera", "Serial", "Vĩ độ", "Màu sơn", "Độ phân giaii"]]))
    assert table is not None
    assert 4 in table.unknown
    assert table.guessed == {5: "resolution"}
