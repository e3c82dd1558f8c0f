import pytest

from citycam.model.errors import ConfigError
from citycam.plan.coefficients import coefficients
from citycam.plan.wish import WhatIf, read_what_if, read_wish


def read(text: str) -> WhatIf:
    return read_what_if(text, coefficients())


@pytest.mark.parametrize("rate", ["4Mbps", "4Mb/s", "4 Mbit/s", "4000kbps", "4MBPS"])
def test_bit_rates_are_read_as_people_write_them(rate: str) -> None:
    found = read(f"cameras=40210, bitrate={rate}, retention=30d")
    assert (found.cameras, found.bitrate, found.wish.retention) == (40_210, 4_000_000, 30 * 86_400)
    assert found.demand.bitrate == 160_840_000_000


def test_what_is_not_said_is_as_usual() -> None:
    found = read("cameras=100")
    assert (found.bitrate, found.wish.retention, found.wish.recent, found.wish.spare) == (
        4_000_000,
        2_592_000,
        86_400,
        1,
    )
    assert read("watched=10%,spare=0,recent=12h").wish.watched == 0.1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("camera=10", "did you mean cameras?"),
        ("foo=10", "known are cameras, bitrate"),
        ("bitrate=4", "give a number and its unit"),
        ("bitrate=4MB", "one of b/s"),
        ("retention=30", "one of ms, s, min, h, d"),
        ("retention=0d", "nothing would be kept"),
        ("recent=0s", "nothing would be kept"),
        ("cameras=0", "nothing would be recorded"),
        ("cameras=-5", "nothing would be recorded"),
        ("cameras=many", "valid integer"),
        ("bitrate=0kb/s", "nothing would be recorded"),
        ("bitrate=1Gb/s", "more than a gateway takes"),
        ("cameras", "not of the form key=value"),
        ("cameras=", "not of the form key=value"),
        ("cameras=1,cameras=2", "given twice"),
        ("", "nothing is wished"),
        ("watched=150%", "out of range"),
        ("spare=3", "out of range"),
    ],
)
def test_an_impossible_wish_says_what_would_do(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(text)
    assert says in str(error.value)
    assert error.value.next.startswith("as in ")


@pytest.mark.parametrize("text", ["cameras=5", "retention=abc", "nope=1"])
def test_a_wrong_wish_is_said_of_the_option_that_was_given(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_wish(text, coefficients())
    assert caught.value.where == "--wish"
