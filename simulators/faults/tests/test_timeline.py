from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from citycam.model.errors import ConfigError
from simulators import faults
from simulators.faults.timeline import load_timeline, strikes
from simulators.mixes.mix import load_mix, mixed_cameras

CAMERAS = mixed_cameras(load_mix("hanoi.yaml"), 400, 1, IPv4Network("127.18.0.0/16"), 8554)


def _written(tmp_path: Path, events: str, seed: int = 4) -> Path:
    path = tmp_path / "timeline.yaml"
    path.write_text(f"schema_version: 1\nseed: {seed}\nevents:\n{events}", encoding="utf-8")
    return path


def test_faults_strike_in_the_order_of_their_times(tmp_path: Path) -> None:
    path = _written(tmp_path, "  - {at: 90s, fault: reboot}\n  - {at: 30s, fault: freeze, seconds: 5s}\n")
    found = strikes(load_timeline(path), CAMERAS)
    assert [(strike.at, strike.record["kind"]) for strike in found] == [(30, "freeze"), (90, "reboot")]
    assert found[0].record["seconds"] == 5
    assert all(faults.parse(strike.record).cameras == {camera.id for camera in CAMERAS} for strike in found)


def test_the_same_seed_chooses_the_same_cameras_and_another_one_others(tmp_path: Path) -> None:
    event = "  - {at: 1s, fault: reboot, cameras: {share: 0.25}}\n"
    first = strikes(load_timeline(_written(tmp_path, event)), CAMERAS)
    assert strikes(load_timeline(_written(tmp_path, event)), reversed(CAMERAS))[0].at == first[0].at
    assert strikes(load_timeline(_written(tmp_path, event)), CAMERAS) == first
    other = strikes(load_timeline(_written(tmp_path, event, seed=5)), CAMERAS)
    assert other[0].record["cameras"] != first[0].record["cameras"]
    assert 60 < len(first[0].record["cameras"]) < 140


def test_two_events_do_not_choose_the_same_share(tmp_path: Path) -> None:
    event = "  - {at: 1s, fault: drop-frames, cameras: {share: 0.5}, set: {every: 50}}\n"
    one, two = strikes(load_timeline(_written(tmp_path, event + event)), CAMERAS)
    assert one.record["cameras"] != two.record["cameras"]
    assert one.record["seed"] != two.record["seed"]


def test_a_stream_may_become_that_of_a_camera_which_only_the_fleet_knows(tmp_path: Path) -> None:
    path = _written(tmp_path, "  - {at: 1s, fault: stream-change, set: {like: cam-000007}}\n")
    (strike,) = strikes(load_timeline(path), CAMERAS)
    assert strike.record["like"] == "cam-000007"


def test_conditions_are_all_needed(tmp_path: Path) -> None:
    path = _written(tmp_path, "  - {at: 1s, fault: uplink, cameras: {model: hikvision-recorder}}\n")
    (strike,) = strikes(load_timeline(path), CAMERAS)
    assert strike.record["cameras"] == [camera.id for camera in CAMERAS if camera.model == "hikvision-recorder"]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("{at: 1s, fault: rebot}", "unknown fault 'rebot'"),
        ("{at: 1s, fault: reboot, set: {colour: red}}", "colour"),
        ("{at: 1s, fault: reboot, cameras: {share: 2}}", "share"),
        ("{at: soon, fault: reboot}", "at"),
    ],
)
def test_what_makes_no_sense_is_named_with_its_file(tmp_path: Path, event: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        load_timeline(_written(tmp_path, f"  - {event}\n"))
    assert "timeline.yaml" in str(caught.value)


def test_an_event_that_strikes_nobody_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, "  - {at: 1s, fault: reboot, cameras: {ids: [cam-999999]}}\n")
    with pytest.raises(ConfigError, match="event 1, reboot at 1 s, strikes no camera"):
        strikes(load_timeline(path), CAMERAS)
