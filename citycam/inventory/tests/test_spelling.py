import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.spelling import fold, says_unknown, shown


@pytest.mark.parametrize("text", ["Phường  Tây-Hồ", "phuong tay ho", "PHƯỜNG TÂY HỒ", "Phường\u00a0Tây Hồ"])
@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_one_word_is_one_word_however_it_is_written(text: str, form: str) -> None:
    assert fold(unicodedata.normalize(form, text)) == "phuong tay ho"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["Đống Đa", "đống đa", "Ðống Ða", "Dong Da"])
def test_both_letters_that_look_like_d_with_a_stroke_are_one(text: str) -> None:
    assert fold(text) == "dong da"


@settings(deadline=None)
@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (3.0, "3"),
        (3.5, "3.5"),
        (1e15, "1000000000000000.0"),
        (True, "TRUE"),
        (date(2025, 7, 1), "2025-07-01"),
    ],
)
def test_cells_as_text(cell: object, text: str) -> None:
    assert shown(cell) == text  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "-", "N/A", "chưa rõ", "Không rõ", "?", "???", "…"])
def test_ways_to_say_unknown(text: str) -> None:
    assert says_unknown(text)


def test_none_is_an_answer_except_where_it_says_nothing() -> None:
    assert not says_unknown("Không")
    assert says_unknown("Không có", absent=True)
