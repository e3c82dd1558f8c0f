"""Every profile in the folder loads; a wrong one says file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from simulators.profiles import profile
from simulators.profiles.profile import load_profile, models

GOOD = (profile.FOLDER / "generic-d1.yaml").read_text()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(profile, "FOLDER", tmp_path)
    load_profile.cache_clear()
    yield tmp_path
    load_profile.cache_clear()


@pytest.mark.parametrize("model", models())
def test_each_profile_is_named_as_its_file_and_its_channels_differ(model: str) -> None:
    found = load_profile(model)
    assert found.model == model
    paths = [found.paths.of(channel) for channel in range(1, found.channels + 1)]
    assert [found.paths.channel(path, found.channels) for path in paths] == list(range(1, found.channels + 1))
    assert found.paths.channel("/no/such/path", found.channels) is None
    assert "DESCRIBE" in found.rtsp.public


def test_every_way_to_encode_is_that_of_some_model() -> None:
    offered = [load_profile(model).encoding for model in models()]
    h264 = [encoding.h264 for encoding in offered if encoding.h264 is not None]
    assert {one.profile for one in h264} == {"baseline", "main", "high"}
    assert any(one.b_frames for one in h264)
    assert any(one.slices > 1 for one in h264)
    assert any(len(one.gop) > 1 for one in h264)
    assert any(min(one.gop) >= 10 for one in h264)
    assert any(one.rate == "vbr" and one.day for one in h264)
    assert any(encoding.h265 for encoding in offered)
    assert any(encoding.mjpeg for encoding in offered)
    assert {encoding.audio.codec for encoding in offered if encoding.audio is not None} == {"pcmu", "pcma", "aac"}


def test_models_with_a_path_for_a_second_stream_have_one() -> None:
    for model in models():
        found = load_profile(model)
        assert (found.sub is None) == (found.paths.sub is None), model
        assert (found.sub_of(1) is None) == (found.sub is None), model


def test_an_unknown_model_names_the_known_ones(folder: Path) -> None:
    (folder / "generic-d1.yaml").write_text(GOOD)
    with pytest.raises(ConfigError, match="no profile for camera model 'acme'") as caught:
        load_profile("acme")
    assert "generic-d1" in caught.value.why


def test_a_profile_under_another_name_is_refused(folder: Path) -> None:
    (folder / "acme.yaml").write_text(GOOD)
    with pytest.raises(ConfigError, match="the model must be 'acme'"):
        load_profile("acme")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("digest: MD5", "digest: CRC32"),
        ("session_timeout: 60s", "session_timeout: 60"),
        ("session_timeout: 60s", "session_timeout: 1s"),
        ("max_sessions: 8", "max_sessions: 0"),
        ("realm: IP Camera", 'realm: "IP\\nCamera"'),
        ("    profile: main", "    profile: extended"),
        ("    gop: 2s", "    gop: 2"),
        ("    gop: 2s", "    gop: [2s, 90s]"),
        ("    gop: 2s", "    gop: 2s\n    b_frame: 2"),
        ("    gop: 2s", "    gop: 2s\n    b_frames: 4"),
        ("    gop: 2s", "    gop: 2s\n    slices: 0"),
        ("    gop: 2s", "    gop: 2s\n    rate: abr"),
        ("    gop: 2s", "    gop: 2s\n    day: [1, 1]"),
        ("    gop: 2s", "    gop: 2s\n  audio: {codec: pcmu, rate: 16000}"),
        ("    gop: 2s", "    gop: 2s\n  audio: {codec: opus}"),
        ("    gop: 2s", "    gop: 2s\nsub: {width: 352, height: 288, fps: 0, bitrate: 96000}"),
        ("    gop: 2s", "    gop: 2s\nsub: {width: 353, height: 288, fps: 5, bitrate: 96000}"),
        ("    gop: 2s", "    gop: 2s\nsub: {width: 352, height: 288, fps: 5, bitrate: 96000}"),
        ("main: /Streaming/Channels/{channel}01", "main: /{camera}"),
        ("main: /Streaming", "main: Streaming"),
        ("max_connections: 16", "max_connections: 16\n  quirks: [bare-conection]"),
        ("auth: [digest, basic]", "auth: [kerberos]"),
    ],
)
def test_a_wrong_value_is_found_with_file_and_line(folder: Path, right: str, wrong: str) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong)
    path = folder / "generic-d1.yaml"
    path.write_text(text)
    line = text[: text.index(wrong)].count("\n") + 1 + wrong.count("\n")
    with pytest.raises(ConfigError) as caught:
        load_profile("generic-d1")
    assert str(path) in caught.value.where
    assert f":{line}" in caught.value.where
