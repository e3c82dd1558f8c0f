import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.quantities import azimuth, bit_rate, days, number, plain_number, resolution, seconds_fast, within
from citycam.inventory.spelling import Unreadable


@settings(deadline=None)
@given(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)))
def test_point_comma_and_groups_say_the_same(value: float) -> None:
    english = f"{value:,.3f}"
    vietnamese = english.translate(str.maketrans(",.", ".,"))
    assert plain_number(f"{value:.3f}") == value
    assert plain_number(f"{value:.3f}".replace(".", ",")) == value
    assert number(english) == number(vietnamese) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [("25 fps", 25), ("khoảng 12,5 m", 12.5), ("1.920", 1.92), (7, 7), ("−3", 3), ("-3", -3), ("1 234,5", 1234.5)],
)
def test_numbers(cell: str | int, value: float) -> None:
    assert number(cell) == value


def test_three_digits_behind_a_separator_are_thousands_when_the_number_is_whole() -> None:
    assert plain_number("1.920", whole=True) == 1920


@pytest.mark.parametrize("text", ["", "abc", "12 và 13", "1.2.3", "1,23,4", "=1+2"])
def test_not_numbers(text: str) -> None:
    with pytest.raises(Unreadable):
        number(text)


def test_what_cannot_be_is_refused() -> None:
    assert within(5, 0, 10, "m") == 5
    with pytest.raises(Unreadable, match="11 m cannot be"):
        within(11, 0, 10, "m")


@settings(deadline=None)
@given(st.integers(1, 9999))
def test_bit_rates_agree_in_every_unit(kilobits: int) -> None:
    ways = [
        f"{kilobits} kbps",
        f"{kilobits}kb/s",
        f"{kilobits} Kb/s",
        f"{kilobits * 1000} bps",
        f"{kilobits / 1000} Mbps",
    ]
    assert {bit_rate(way) for way in ways} == {kilobits * 1000}


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("4M", "k", 4_000_000),
        ("2,5 Mb/s", "k", 2_500_000),
        (2048, "k", 2_048_000),
        ("50", "m", 50_000_000),
        ("4.096", "k", 4_096_000),
    ],
)
def test_bit_rates(cell: str | int, unit: str, value: int) -> None:
    assert bit_rate(cell, unit) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1920x1080", (1920, 1080)),
        ("1920 × 1080", (1920, 1080)),
        ("1.920*1.080", (1920, 1080)),
        ("Full HD", (1920, 1080)),
        ("1080P", (1920, 1080)),
        ("4MP", (2560, 1440)),
        ("2.0 MP", None),
        ("nét", None),
    ],
)
def test_resolutions(text: str, size: tuple[int, int] | None) -> None:
    if size is None:
        with pytest.raises(Unreadable):
            resolution(text)
    else:
        assert resolution(text)[:2] == size


@pytest.mark.parametrize(
    ("cell", "degrees"), [("Đông Bắc", 45), ("hướng nam", 180), ("-90", 270), (359.5, 359.5), ("360°", 0)]
)
def test_directions(cell: str | float, degrees: float) -> None:
    assert azimuth(cell)[0] == degrees


@pytest.mark.parametrize(("cell", "value"), [(30, 30), ("30 ngày", 30), ("2 tuần", 14), ("1 tháng", 30), ("15", 15)])
def test_days(cell: str | int, value: float) -> None:
    assert days(cell) == value


@pytest.mark.parametrize(
    ("cell", "value"),
    [(-2, -2), ("nhanh 5 phút", 300), ("chậm 30s", -30), ("đúng giờ", 0), ("2 giây", 2), ("-1,5", -1.5)],
)
def test_clock_errors(cell: str | int, value: float) -> None:
    assert seconds_fast(cell) == value


@pytest.mark.parametrize("text", ["lâu", "30 năm ánh sáng", "5 10"])
def test_not_durations(text: str) -> None:
    with pytest.raises(Unreadable):
        days(text)
