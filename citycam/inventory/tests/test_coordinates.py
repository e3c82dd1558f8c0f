import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citycam.inventory.coordinates import angle, both, locate
from citycam.inventory.outline import great_circle_m, kilometres_outside
from citycam.inventory.spelling import Cell, Unreadable

inside = st.tuples(st.floats(20.98, 21.05), st.floats(105.78, 105.86))


def _dms(value: float, letter: str) -> str:
    whole = round(value * 36_000)
    degrees, rest = divmod(whole, 36_000)
    minutes, tenths = divmod(rest, 600)
    return f"{degrees}°{minutes:02d}'{tenths / 10:04.1f}\"{letter}"


@settings(deadline=None)
@given(inside)
def test_every_way_to_write_a_position_finds_it(place: tuple[float, float]) -> None:
    latitude, longitude = place
    ways: list[tuple[Cell, Cell]] = [
        (f"{latitude:.6f}", f"{longitude:.6f}"),
        (f"{latitude:.6f}".replace(".", ","), f"{longitude:.6f}".replace(".", ",")),
        (latitude, longitude),
        (longitude, latitude),
        (_dms(latitude, "N"), _dms(longitude, "E")),
        (_dms(longitude, "E"), _dms(latitude, "N")),
        both(f"{latitude:.6f}, {longitude:.6f}"),
        both(f"{latitude:.6f}; {longitude:.6f}".replace(".", ",")),
        both(f"{latitude:.6f} {longitude:.6f}".replace(".", ",")),
        both(f"{_dms(latitude, 'N')} {_dms(longitude, 'E')}"),
        both(f"({longitude:.6f},{latitude:.6f})"),
    ]
    for way in ways:
        found = locate(*way)
        assert great_circle_m(found.latitude, found.longitude, latitude, longitude) <= 1.5 * found.error_m + 0.2


def test_swapping_and_sexagesimal_are_noted_and_plain_is_not() -> None:
    assert locate("21.02", "105.85").notes == ()
    assert "swapped" in locate("105.85", "21.02").notes[0]
    assert "degrees, minutes" in locate("21°01'30\"", "105°51'15\"").notes[0]


@pytest.mark.parametrize(("text", "error"), [("21.03", 556), ("21.0285", 5.6), ("21.028512", 0.0556)])
def test_the_digits_that_are_written_bound_the_error(text: str, error: float) -> None:
    assert angle(text).resolution * 111_195 == pytest.approx(error, rel=0.02)


@pytest.mark.parametrize(
    ("latitude", "longitude", "says"),
    [
        ("10.77", "106.70", r"1,\d\d\d\.\d km outside Hanoi"),
        ("21.0285", "106.7", r"\d+\.\d km outside Hanoi"),
        ("0", "0", "km outside Hanoi"),
        ("210285", "1058542", "no such place"),
        ("21°75'00\"", "105°51'15\"", "less than 60"),
        ("21.02N", "21.03N", "one axis"),
        ("bờ hồ", "105.8", "not an angle"),
        ("=A1", "105.8", "not an angle"),
    ],
)
def test_what_is_no_position_in_hanoi_is_refused(latitude: str, longitude: str, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        locate(latitude, longitude)


@pytest.mark.parametrize("text", ["21.0285", "21,0285,105,8542", "a, b", ""])
def test_what_is_not_two_angles_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        both(text)


def test_the_distance_to_hanoi() -> None:
    assert kilometres_outside(21.0285, 105.8542) == 0
    assert kilometres_outside(20.8449, 106.6881) == pytest.approx(70, abs=15)  # Hai Phong
