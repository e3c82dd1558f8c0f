from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citycam.model.camera import Stream, camera_id, number_of


@given(st.integers(1, 999_999))
def test_id_and_number_are_inverse(number: int) -> None:
    assert number_of(camera_id(number)) == number


@pytest.mark.parametrize("number", [0, -1, 1_000_000])
def test_numbers_outside_the_grammar_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="outside"):
        camera_id(number)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"fps": 0}, "fps"),
        ({"fps": 61}, "fps"),
        ({"width": 353}, "width"),
        ({"height": 8}, "height"),
        ({"bitrate": 9600}, "bitrate"),
        ({"codec": "mpeg4"}, "codec"),
        ({"codec": "mjpeg", "width": 2048}, "width"),
        ({"codec": "mjpeg", "height": 2160}, "height"),
    ],
)
def test_a_stream_that_no_camera_sends_is_refused(change: dict[str, Any], key: str) -> None:
    plain = {"width": 3840, "height": 1080, "fps": 10, "bitrate": 4_000_000}
    assert Stream.model_validate(plain).codec == "h264"
    with pytest.raises(ValidationError) as caught:
        Stream.model_validate(plain | {"width": 1920} | change)
    assert [error["loc"] for error in caught.value.errors()] == [(key,)]
