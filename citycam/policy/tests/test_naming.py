import pytest

from citycam.policy.naming import known_as, same_ward, wards_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("UBND P. Ngọc Hà", "Ủy ban nhân dân phường Ngọc Hà"),
        ("UBND TP HÀ NỘI", "Uỷ ban nhân dân Thành phố Hà Nội"),
        ("CTY TNHH MTV Ánh Sáng", "Công ty Cổ phần Ánh Sáng"),
        ("Ban QLDA quận Ba Đình", "Ban Quản lý dự án Q. Ba Đình"),
    ],
)
def test_one_name_in_two_spellings(one: str, other: str) -> None:
    assert known_as(one) == known_as(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("UBND phường Ngọc Hà", "UBND phường Ba Đình"), ("Công ty Ánh Sáng", "Công ty Sao Mai"), ("CP", "TNHH")],
)
def test_two_names(one: str, other: str) -> None:
    assert known_as(one) != known_as(other)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Phường Ngọc Hà", "P. Ngọc Hà", True),
        ("Phường Ngọc Hà", "phuong ngoc ha", True),
        ("Phường Đội Cấn", "Phường Ngọc Hà", True),
        ("Phường Ngọc Hà", "Phường Hà Đông", False),
        ("Atlantis", "Phường Hà Đông", False),
        ("Atlantis", "atlantis", True),
        (None, "Phường Hà Đông", False),
        (None, None, False),
    ],
)
def test_wards_of_before_july_2025_are_those_of_today(one: str | None, other: str | None, same: bool) -> None:
    assert same_ward(one, other) is same


def test_a_name_that_means_nothing_is_no_ward() -> None:
    assert wards_of("Atlantis") == frozenset()
