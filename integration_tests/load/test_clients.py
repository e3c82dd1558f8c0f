"""The clients against a real MediaMTX that records a real fleet."""

from __future__ import annotations

import ssl
import time

import pytest
from pydantic import SecretStr

from loadtests.clients.edge import trust
from loadtests.clients.playback import PlaybackClient
from loadtests.clients.rtsp import ViewingFailed, watch
from loadtests.settings import Edge, LoadSettings

from .edge import Authority
from .stand import GATEWAY, SILENT, Stand

pytestmark = pytest.mark.docker
CAMERA = "cam-000001"


@pytest.fixture
def short(stand: Stand) -> LoadSettings:
    return stand.settings.model_copy(update={"view_time_s": 4.0})


@pytest.mark.parametrize("camera", ["cam-000001", "cam-000002"])  # Digest and Basic on the camera's side
def test_watch_sees_the_first_key_frame_and_every_frame_after_it(short: LoadSettings, camera: str) -> None:
    seen = watch(short, trust(short.ca_file), camera, GATEWAY)
    assert seen.error is None
    assert seen.frames_missing == 0
    assert 0 < seen.response_ms < 4000
    # From the key frame on every frame: at 10 a second, with one in flight at either end.
    assert abs(seen.frames - (4.0 - seen.response_ms / 1000) * 10) <= 4
    assert seen.size > 10_000


def test_watch_reports_a_wrong_password(short: LoadSettings) -> None:
    wrong = short.model_copy(update={"viewer_password": SecretStr("wrong")})
    seen = watch(wrong, trust(short.ca_file), CAMERA, GATEWAY)
    assert isinstance(seen.error, ViewingFailed)
    assert "DESCRIBE: 401" in str(seen.error)
    assert "wrong" not in str(seen.error)


def test_watch_reports_an_unknown_camera(short: LoadSettings) -> None:
    seen = watch(short, trust(short.ca_file), "cam-000999", GATEWAY)
    assert isinstance(seen.error, ViewingFailed)
    assert seen.frames == 0


def test_watch_reports_a_camera_without_stream(short: LoadSettings) -> None:
    seen = watch(short, trust(short.ca_file), SILENT, GATEWAY)
    assert isinstance(seen.error, ViewingFailed)
    assert "DESCRIBE: 404" in str(seen.error)


def test_watch_reports_a_gateway_the_edge_does_not_know(short: LoadSettings) -> None:
    assert isinstance(watch(short, trust(short.ca_file), CAMERA, "gateway-9").error, OSError)


def test_a_foreign_ca_is_not_trusted(short: LoadSettings, tmp_path) -> None:
    foreign = trust(Authority(tmp_path).ca_file)
    assert isinstance(watch(short, foreign, CAMERA, GATEWAY).error, ssl.SSLCertVerificationError)
    clip = PlaybackClient(short, foreign).fetch(CAMERA, GATEWAY, time.time_ns(), 1.0)
    assert isinstance(clip.error, ssl.SSLCertVerificationError)


def test_a_certificate_for_another_name_is_not_trusted(short: LoadSettings) -> None:
    other = short.model_copy(update={"edge_name": "elsewhere.test"})
    assert isinstance(watch(other, trust(short.ca_file), CAMERA, GATEWAY).error, OSError)


def test_a_port_where_nobody_listens_is_reported(short: LoadSettings) -> None:
    closed = short.model_copy(update={"edges": [Edge(https="127.0.0.1:1", rtsps="127.0.0.1:1")]})
    assert isinstance(watch(closed, trust(short.ca_file), CAMERA, GATEWAY).error, ConnectionRefusedError)
    clip = PlaybackClient(closed, trust(short.ca_file)).fetch(CAMERA, GATEWAY, time.time_ns(), 1.0)
    assert isinstance(clip.error, ConnectionRefusedError)


def test_playback_tells_refusals_and_absence_from_clips(short: LoadSettings) -> None:
    context = trust(short.ca_file)
    long_ago = PlaybackClient(short, context).fetch(CAMERA, GATEWAY, 1_000_000_000 * 10**9, 2.0)
    assert long_ago.status == 404
    assert "no recording segments found" in str(long_ago.error)
    wrong = short.model_copy(update={"viewer_password": SecretStr("wrong")})
    refused = PlaybackClient(wrong, context).fetch(CAMERA, GATEWAY, time.time_ns(), 2.0)
    assert refused.status == 401
    assert "wrong" not in str(refused.error)
