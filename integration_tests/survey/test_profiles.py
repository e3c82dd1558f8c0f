"""Every camera model is recognised: by what it says of itself, and by what it really sends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from citycam.inventory.survey.visit import Probe, Visit
from citycam.model.camera import Camera
from integration_tests.command import Ended
from integration_tests.survey.stand import CHANNELS, Stand, standing
from simulators.profiles.profile import load_profile, models
from simulators.rtsp.feed import Clock

MAKERS = {"hikvision-media-server": "Hikvision", "verint-encoder": "Verint", "vurix-recorder": "Vurix"}
MAKERS |= {"y-cam-network": "Y-cam", "flapping-realm": None}
"""Who made those that know no ONVIF, as far as they give it away."""


@dataclass
class Surveyed:
    """A survey of all models, done once."""

    stand: Stand
    ended: Ended
    visits: dict[str, Visit]

    def of(self, model: str) -> tuple[list[Camera], Visit]:
        cameras = [camera for camera in self.stand.cameras if camera.model == model]
        return cameras, self.visits[str(cameras[0].address)]


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory, video: Path, cache: Path) -> Iterator[Surveyed]:
    with standing(tmp_path_factory.mktemp("profiles"), models(), video, cache, "127.19.201.0") as stand:
        ended = stand.survey(inventory=stand.cameras)
        assert ended.code == 0, ended.said
        yield Surveyed(stand, ended, stand.visits())


def facts(visit: Visit) -> dict[str, Any]:
    return {name: fact.value for name, fact in visit.facts.items()}


def smart(model: str) -> bool:
    """Whether its key frames come now and then: two seconds are not what it sends in the long run."""
    predicted = load_profile(model).encoding.h264
    return predicted is not None and len(predicted.gop) > 1


def by_the_hour(model: str) -> bool:
    """Whether its bit rate follows the day: what is declared is a mean."""
    predicted = load_profile(model).encoding.h264
    return predicted is not None and predicted.rate == "vbr"


@pytest.mark.parametrize("model", models())
def test_the_model_is_recognised_by_its_plate(surveyed: Surveyed, model: str) -> None:
    cameras, visit = surveyed.of(model)
    plate = load_profile(model).onvif
    found = facts(visit)
    if plate is None:
        assert found.get("vendor") == MAKERS[model]
        assert not {"model", "serial", "firmware", "mac"} & found.keys(), "what nobody told is unknown"
        return
    told = (found["vendor"], found["model"], found["firmware"], found["serial"], found["mac"])
    assert told == (plate.manufacturer, plate.product, plate.firmware, cameras[0].serial, cameras[0].mac)
    assert found["onvif_profiles"] == list(plate.profiles)
    assert found["onvif_endpoint"].startswith("urn:uuid:")
    assert visit.facts["vendor"].probe is Probe.ONVIF
    clock = load_profile(model).clock
    known = Clock(round(clock.error * 1e9), round(clock.drift_ppm * 1000))
    assert found["clock_error_s"] == pytest.approx((known.read(time.time_ns()) - time.time_ns()) / 1e9, abs=2)


@pytest.mark.parametrize("model", sorted(set(models()) - {"flapping-realm"}))
def test_its_streams_are_measured(surveyed: Surveyed, model: str) -> None:
    cameras, visit = surveyed.of(model)
    profile = load_profile(model)
    assert len(visit.streams) == len(cameras) == min(CHANNELS, profile.channels)
    for camera, stream in zip(cameras, visit.streams, strict=True):
        assert not stream.trouble
        found = {name: fact.value for name, fact in stream.facts.items()}
        wanted = camera.stream
        assert stream.path == camera.path
        assert (found["codec"], found["width"], found["height"]) == (wanted.codec, wanted.width, wanted.height)
        assert found["fps"] == pytest.approx(wanted.fps, rel=0.02)
        assert stream.facts["fps"].probe is Probe.RTP
        rates = surveyed.stand.bit_rates(camera)
        tolerance = 0.5 if smart(model) else 0.15
        assert any(found["bitrate"] == pytest.approx(rate, rel=tolerance) for rate in rates), (found["bitrate"], rates)
        assert stream.packets > 0


@pytest.mark.parametrize("model", models())
def test_how_it_asks_for_credentials_and_whether_it_encrypts(surveyed: Surveyed, model: str) -> None:
    cameras, visit = surveyed.of(model)
    profile = load_profile(model)
    kinds = ["basic", "digest"] if "basic-beside-digest" in profile.rtsp.quirks else [cameras[0].auth.value]
    assert facts(visit)["auth"] == kinds
    assert ("protection" in visit.facts) is ("tls" in profile.rtsp.transports)
    assert [one.self_signed for one in visit.certificates] == [True] * ("tls" in profile.rtsp.transports)
    says = [one for one in visit.ports if one.kind == "telnet"]
    assert bool(says) is ("telnet-banner" in profile.canaries)


def test_a_realm_that_changes_costs_one_login(surveyed: Surveyed) -> None:
    _, visit = surveyed.of("flapping-realm")
    assert visit.refused == ("admin",)
    assert visit.username == ""
    assert surveyed.stand.callers()["devices_by_refused_logins"] == {"1": 1}


def test_no_device_had_more_than_two_connections(surveyed: Surveyed) -> None:
    seen = surveyed.stand.callers()["devices_by_most_connections"]
    assert set(seen) <= {"1", "2"}
    assert sum(seen.values()) == len(models())


def test_the_inventory_was_right(surveyed: Surveyed) -> None:
    data = surveyed.ended.data
    assert (data["found"], data["absent"], data["moved"], data["unknown"]) == (len(surveyed.stand.cameras), 0, 0, 0)
    varies = {camera.id for camera in surveyed.stand.cameras if smart(camera.model) or by_the_hour(camera.model)}
    differences = {(one["camera"], one["field"]) for one in data["findings"]["differences"]}
    assert differences <= {(camera, "bitrate") for camera in varies}
    assert list(data["findings"]["unread"]) == [
        camera.id for camera in surveyed.stand.cameras if camera.model == "flapping-realm"
    ]
