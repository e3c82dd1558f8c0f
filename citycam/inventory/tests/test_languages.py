import string

import pytest

from citycam.inventory.languages import _phrases, translated


@pytest.mark.parametrize(
    ("text", "vi"),
    [
        ("1,093.2 km outside Hanoi", "nằm ngoài Hà Nội 1,093.2 km"),
        ("the position lies 9.1 km from the centre of Phường Tây Hồ", "vị trí cách trung tâm Phường Tây Hồ 9.1 km"),
        ("'x{0}' is not a number; left unknown", "'x{0}' không phải số; để trống"),
        ("the column was read as Vĩ độ", "cột được hiểu là Vĩ độ"),
        ("same serial number and MAC address", "cùng số sê-ri và địa chỉ MAC"),
        ("what nobody has translated", "what nobody has translated"),
        ("", ""),
    ],
)
def test_a_remark_is_told_in_the_language_of_who_must_act(text: str, vi: str) -> None:
    assert translated(text, "vi") == vi


def test_every_phrase_says_what_differs_in_every_language() -> None:
    for pattern, others in _phrases():
        for told in others.values():
            holes = [hole for _, hole, _, _ in string.Formatter().parse(told) if hole is not None]
            assert len(holes) == pattern.groups, told
