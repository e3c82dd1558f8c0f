from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.dates import EXCEL_EPOCH, OLDEST, day
from citycam.inventory.spelling import Cell, Unreadable

TODAY = date(2026, 9, 1)


@settings(deadline=None)
@given(st.dates(OLDEST, TODAY))
def test_one_day_however_it_is_written(when: date) -> None:
    plain = [
        when.isoformat(),
        f"{when:%d/%m/%Y}",
        f"{when.day}/{when.month}/{when.year}",
        f"{when:%d-%m-%Y}",
        f"{when:%d.%m.%Y}",
    ]
    plain += [f"ngày {when.day} tháng {when.month} năm {when.year}"]
    cells: list[Cell] = [when, datetime(when.year, when.month, when.day, 8), *plain]
    assert {day(cell, TODAY) for cell in cells} == {(when, "")}
    found, note = day((when - EXCEL_EPOCH).days, TODAY)
    assert found == when
    assert "day number" in note


@pytest.mark.parametrize(
    ("text", "found", "note"),
    [
        ("07/25/2023", date(2023, 7, 25), "month before day"),
        ("7/2023", date(2023, 7, 1), "the day is missing"),
        ("tháng 7 năm 2023", date(2023, 7, 1), "the day is missing"),
        ("1/7/23", date(2023, 7, 1), "the year is short"),
        ("5 March 2024", date(2024, 3, 5), ""),
    ],
)
def test_what_takes_more_than_reading_is_noted(text: str, found: date, note: str) -> None:
    when, said = day(text, TODAY)
    assert when == found
    assert note in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("31/02/2024", "no such day"),
        ("2023", "a year"),
        ("hôm qua", "not a date"),
        ("01/01/2090", "cannot be"),
        ("1/1/1970", "cannot be"),
    ],
)
def test_what_is_no_date_is_refused(text: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        day(text, TODAY)
