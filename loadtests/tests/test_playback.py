from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.clients.playback import PlaybackFailed, _expect_clip, rfc3339
from loadtests.probes.playback import decode


@given(st.integers(0, 4_000_000_000_000_000_000))
def test_times_are_exact_to_the_microsecond(time_ns: int) -> None:
    text = rfc3339(time_ns)
    assert text.endswith("Z")
    since = datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)
    assert (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds == time_ns // 1000


def test_clips_are_told_from_other_answers() -> None:
    _expect_clip(200, b"\0\0\0\x20ftypmp42")
    with pytest.raises(PlaybackFailed, match="status 404: nothing there"):
        _expect_clip(404, b" nothing there\n")
    with pytest.raises(PlaybackFailed, match="0 bytes that are no MP4"):
        _expect_clip(200, b"")


def test_bytes_that_are_no_video_cannot_be_decoded() -> None:
    assert "cannot be decoded after 0 pictures" in decode(b"\0\0\0\x10ftypmp42\0\0\0\0", 1)
