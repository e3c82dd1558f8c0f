"""Profile T as a third party speaks it: a client that knows Media2 and prefers it where a device has it."""

from __future__ import annotations

import pytest
from onveef import (
    OnvifAuthError,
    OnvifCapabilityMissingError,
    OnvifClient,
    OnvifFaultError,
    envelopes,
    parsers,
)

from citycam.model.camera import Camera
from integration_tests.onboarding.stand import SMALL, Stand
from integration_tests.onboarding.test_onboarding import frames


def _client(stand: Stand, camera: Camera, password: str = "") -> OnvifClient:
    """A client that asks once: what it is refused is not asked for again."""
    secret = password or stand.password(camera)
    return OnvifClient(str(camera.address), stand.http, camera.username, secret, timeout_s=20, retries=0)


def test_a_camera_of_profile_t_is_onboarded_by_media2(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")
    with _client(stand, camera) as client:
        bare = client.media2_get_profiles()
        main, sub = client.media2_get_profiles(types=["All"])
        (encoder, *_) = client.get_video_encoder_configurations()
        (options, *_) = client.get_video_encoder_options_normalized(
            configuration_token=encoder["token"], prefer="media2"
        )
        asked = envelopes.media_get_stream_uri(profile_token=main["token"], use_media2=True)
        told = client.call(service="media2", operation="GetStreamUri", body_inner=asked)
        with pytest.raises(OnvifFaultError, match="x-1"):
            client.call(
                service="media2",
                operation="GetStreamUri",
                body_inner=envelopes.media_get_stream_uri(profile_token="x-1", use_media2=True),
            )
    assert options["resolutions"] == [{"width": SMALL.width, "height": SMALL.height}]
    assert (options["fps"]["max"], options["bitrate_kbps"]["max"]) == (SMALL.fps, SMALL.bitrate // 1000)
    assert [(frame.width, frame.height) for frame in frames(stand, camera, parsers.parse_stream_uri(told))] == [
        (SMALL.width, SMALL.height)
    ] * 3
    assert [one.keys() for one in bare] == [{"token", "name"}] * 2, "configurations come only if they are asked for"
    assert (main["token"], sub["token"]) == ("main-1", "sub-1")
    assert main["video_encoder"]["token"] == encoder["token"]
    assert (encoder["encoding"], encoder["width"], encoder["height"]) == ("H264", SMALL.width, SMALL.height)
    assert (encoder["fps_limit"], encoder["bitrate_kbps"]) == (SMALL.fps, SMALL.bitrate // 1000)


def test_a_camera_without_profile_t_has_no_media2(stand: Stand) -> None:
    (camera,) = stand.of("sony-network")
    with _client(stand, camera) as client:
        with pytest.raises(OnvifCapabilityMissingError):
            client.media2_get_profiles()
        assert next(one["token"] for one in client.get_profiles()) == "main-1"


def test_media2_is_not_for_who_has_the_wrong_password(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")
    with _client(stand, camera, "not-its-password") as client, pytest.raises(OnvifAuthError):
        client.media2_get_profiles()
