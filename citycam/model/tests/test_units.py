import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from citycam.model import units


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (units.Seconds, "250ms", 0.25),
        (units.Seconds, "5min", 300.0),
        (units.BitsPerSecond, "256kb/s", 256_000),
        (units.Bytes, "2GiB", 2 * 2**30),
        (units.Ratio, "99.99%", 0.9999),
    ],
)
def test_quantities_are_read_with_their_unit(kind: type, text: str, value: float) -> None:
    assert TypeAdapter(kind).validate_python(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["60", 60, "60 parsecs", "-5s", "", "1e3s", None, "5 S"])
def test_a_quantity_without_a_known_unit_is_refused_with_the_known_ones(text: object) -> None:
    with pytest.raises(ValidationError, match="ms, s, min, h, d"):
        TypeAdapter(units.Seconds).validate_python(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        seconds = units.parse(text, {"s": 1.0}, "duration")
    except ValueError:
        seconds = 0.0
    assert seconds >= 0


@pytest.mark.parametrize(("seconds", "text"), [(0.35, "350 ms"), (4.21, "4.2 s"), (303, "5 min 03 s")])
def test_durations_are_shown_for_people(seconds: float, text: str) -> None:
    assert units.show_duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (76_200_000, "76.2 MB"), (3.2e15, "3.2 PB"), (9e18, "9000.0 PB")]
)
def test_sizes_are_shown_for_people(count: float, text: str) -> None:
    assert units.show_bytes(count) == text


@pytest.mark.parametrize(
    ("rate", "text"), [(900, "900 b/s"), (512_000, "512 kb/s"), (4_200_000, "4.2 Mb/s"), (160.84e9, "161 Gb/s")]
)
def test_bit_rates_are_shown_for_people(rate: float, text: str) -> None:
    assert units.show_rate(rate) == text
