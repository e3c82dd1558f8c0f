from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from simulators.mixes.mix import load_mix, mixed_cameras, mixes
from simulators.profiles.profile import load_profile

LAN = IPv4Network("127.18.0.0/16")


@pytest.mark.parametrize("name", mixes())
def test_every_mix_makes_cameras_that_their_profiles_allow(name: str) -> None:
    cameras = mixed_cameras(load_mix(name), 500, 1, LAN, 8554)
    assert len({camera.id for camera in cameras}) == 500
    for camera in cameras:
        profile = load_profile(camera.model)
        assert profile.paths.channel(camera.path, profile.channels) is not None
        assert camera.auth.value in profile.auth
        assert camera.transport.value in profile.rtsp.transports


def test_shares_count_cameras_not_recorders() -> None:
    mix = load_mix("hanoi.yaml")
    cameras = mixed_cameras(mix, 20_000, 3, LAN, 8554)
    seen = Counter(camera.model for camera in cameras)
    whole = sum(part.share for part in mix.parts)
    for part in mix.parts:
        assert seen[part.model] / 20_000 == pytest.approx(part.share / whole, abs=0.02), part.model


def test_channels_of_a_recorder_share_address_serial_and_account() -> None:
    cameras = mixed_cameras(load_mix("hanoi.yaml"), 3_000, 3, LAN, 8554)
    devices: dict[str, set[tuple[str, str, str]]] = {}
    for camera in cameras:
        devices.setdefault(str(camera.address), set()).add((camera.serial, camera.mac, camera.auth.value))
    assert all(len(seen) == 1 for seen in devices.values())
    assert len(devices) < 3_000


def test_more_cameras_leave_the_first_as_they_were_and_a_seed_decides() -> None:
    mix = load_mix("hanoi.yaml")
    few, many = mixed_cameras(mix, 100, 5, LAN, 8554), mixed_cameras(mix, 400, 5, LAN, 8554)
    assert many[:100] == few
    assert mixed_cameras(mix, 100, 6, LAN, 8554) != few


def test_a_network_that_is_too_small_says_how_many_it_holds() -> None:
    with pytest.raises(ConfigError, match="14 addresses hold 14 cameras"):
        mixed_cameras(load_mix("d1.yaml"), 15, 1, IPv4Network("127.18.0.0/28"), 8554)


def test_an_unknown_mix_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"hanoi\.yaml"):
        load_mix("saigon.yaml")


def test_an_unknown_model_or_key_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mix.yaml"
    stream = "{width: 704, height: 576, fps: 10, bitrate: 256000}"
    file.write_text(f"schema_version: 1\ntitle: x\nparts:\n  - {{model: hikvison, share: 1, stream: {stream}}}\n")
    with pytest.raises(ConfigError, match="no profile for camera model 'hikvison'"):
        load_mix(file)
    file.write_text(f"schema_version: 1\ntitle: x\nparts:\n  - {{model: generic-d1, part: 1, stream: {stream}}}\n")
    with pytest.raises(ConfigError, match=r"mix\.yaml"):
        load_mix(file)
