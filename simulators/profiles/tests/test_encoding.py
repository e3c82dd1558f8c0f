"""What encoders cannot do is refused, and says why."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from simulators.profiles.encoding import H264, H265, Encoding, Mjpeg, Sound

PLAIN: dict[str, Any] = {"profile": "main", "gop": "2s"}
DAY = [0.4] * 6 + [1] * 12 + [1.6] * 2 + [1] * 2 + [0.4] * 2


@pytest.mark.parametrize(
    ("gop", "fps", "frames"), [("2s", 10, (20,)), ("2s", 25, (50,)), ("0.1s", 5, (1,)), (["2s", "8s"], 5, (10, 40))]
)
def test_a_gop_is_a_time_and_may_change(gop: object, fps: int, frames: tuple[int, ...]) -> None:
    assert H264.model_validate(PLAIN | {"gop": gop}).gop_frames(fps) == frames


def test_a_day_names_its_reels_the_usual_one_first() -> None:
    found = H264.model_validate(PLAIN | {"rate": "vbr", "day": DAY})
    assert found.shares == (1.0, 0.4, 1.6)
    assert found.hours == (1,) * 6 + (0,) * 12 + (2,) * 2 + (0,) * 2 + (1,) * 2
    assert (Mjpeg().shares, Mjpeg().hours) == ((1.0,), ())
    assert H265.model_validate({"gop": "2s", "rate": "vbr", "day": [1] * 24}).hours == ()


@pytest.mark.parametrize(
    ("change", "key", "why"),
    [
        ({"day": DAY}, "day", "only a variable rate"),
        ({"rate": "vbr", "day": [1] * 23}, "day", "24 hours, not 23"),
        ({"rate": "vbr", "day": [0.5] * 24}, "day", "must be 1"),
        ({"rate": "vbr", "day": [*range(1, 4), *[0.5] * 20, 0.7]}, "day", "5 different shares"),
        ({"rate": "vbr", "day": [1] * 23 + [9]}, "day", "less than or equal to 3"),
        ({"profile": "baseline", "b_frames": 2}, "b_frames", "baseline profile has no B-frames"),
        ({"gop": []}, "gop", "at least 1 item"),
        ({"gop": ["0.01s"]}, "gop", "greater than or equal to 0.1"),
    ],
)
def test_what_no_encoder_does_is_refused(change: dict[str, Any], key: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        H264.model_validate(PLAIN | change)
    assert {error["loc"][0] for error in caught.value.errors()} == {key}


def test_g711_has_one_rate() -> None:
    with pytest.raises(ValidationError, match="8000 samples"):
        Sound(codec="pcma", rate=16000)


def test_only_sound_makes_no_camera() -> None:
    with pytest.raises(ValidationError, match="a codec for its pictures"):
        Encoding(audio=Sound(codec="pcmu"))


def test_codecs_that_are_offered_can_be_had() -> None:
    found = Encoding(mjpeg=Mjpeg(), h264=H264.model_validate(PLAIN))
    assert found.codecs == ("h264", "mjpeg")
    assert found.of("mjpeg") == Mjpeg()
    with pytest.raises(KeyError):
        found.of("h265")
