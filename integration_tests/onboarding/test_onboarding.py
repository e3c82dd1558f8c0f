"""A third-party client finds out all that a video management system needs, and what it is told is true."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import av
import pytest
from onvif import ONVIFCamera
from onvif.exceptions import ONVIFAuthError, ONVIFError
from PIL import Image
from zeep.exceptions import Fault

from citycam.model.camera import Camera
from integration_tests.onboarding.stand import SMALL, Stand

SETUP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}


async def profiles_and_streams(client: ONVIFCamera) -> list[tuple[Any, str]]:
    media = await client.create_media_service()
    found = await media.GetProfiles()
    return [(one, (await media.GetStreamUri({"StreamSetup": SETUP, "ProfileToken": one.token})).Uri) for one in found]


def frames(stand: Stand, camera: Camera, address: str, count: int = 3) -> list[Any]:
    """The first pictures of a stream, decoded by PyAV."""
    url = address.replace("rtsp://", f"rtsp://{camera.username}:{stand.password(camera)}@")
    found = []
    with av.open(url, options={"rtsp_transport": "tcp", "analyzeduration": "1"}, timeout=60) as source:
        for frame in source.decode(video=0):
            found.append(frame)
            if len(found) == count:
                break
    return found


def test_a_camera_is_onboarded_to_a_stream_that_plays_and_a_snapshot(stand: Stand) -> None:
    (camera,) = stand.of("sony-network")

    async def onboard(client: ONVIFCamera) -> Any:
        devicemgmt = await client.create_devicemgmt_service()
        plate = await devicemgmt.GetDeviceInformation()
        streams = await profiles_and_streams(client)
        return plate, streams, await client.get_snapshot(streams[0][0].token)

    plate, streams, snapshot = stand.talk(camera, onboard)
    assert (plate.Manufacturer, plate.Model, plate.SerialNumber) == ("Sony", "SNC-WR630", camera.serial)
    profile, address = streams[0]
    encoder = profile.VideoEncoderConfiguration
    assert (encoder.Encoding, encoder.Resolution.Width, encoder.Resolution.Height) == ("H264", 352, 288)
    assert encoder.RateControl.FrameRateLimit == SMALL.fps
    assert profile.PTZConfiguration.NodeToken == "node-1"
    seen = frames(stand, camera, address)
    assert [(frame.width, frame.height) for frame in seen] == [(352, 288)] * 3
    picture = Image.open(io.BytesIO(snapshot))
    picture.load()
    assert (picture.format, picture.size) == ("JPEG", (352, 288))


def test_a_recorder_shows_profiles_for_each_channel_and_each_plays(stand: Stand) -> None:
    channels = stand.of("hikvision-recorder")
    streams = stand.talk(channels[0], profiles_and_streams)
    mains = {profile.token: address for profile, address in streams if profile.token.startswith("main")}
    subs = {profile.token: address for profile, address in streams if profile.token.startswith("sub")}
    assert set(mains) == {"main-1", "main-2", "main-3"}
    assert set(subs) == {"sub-1", "sub-2", "sub-3"}
    for camera, address in zip(channels, mains.values(), strict=True):
        assert address == f"rtsp://{camera.address}:{camera.port}{camera.path}"
        assert frames(stand, camera, address, 1)
    main, sub = frames(stand, channels[0], mains["main-1"], 1), frames(stand, channels[0], subs["sub-1"], 1)
    by_token = {profile.token: profile.VideoEncoderConfiguration.Resolution for profile, _ in streams}
    assert (main[0].width, main[0].height) == (by_token["main-1"].Width, by_token["main-1"].Height)
    assert (sub[0].width, sub[0].height) == (by_token["sub-1"].Width, by_token["sub-1"].Height)


def test_a_wrong_password_is_refused_by_soap_and_for_snapshots(stand: Stand) -> None:
    (camera,) = stand.of("sony-network")

    async def look(client: ONVIFCamera) -> None:
        devicemgmt = await client.create_devicemgmt_service()
        await devicemgmt.GetDeviceInformation()

    with pytest.raises(Fault, match="not Authorized") as caught:
        stand.talk(camera, look, password="wrong")
    assert [code.localname for code in caught.value.subcodes] == ["NotAuthorized"]

    async def snapshot(client: ONVIFCamera) -> None:
        await client.get_snapshot_uri("main-1")
        client.passwd = "wrong"
        await client.get_snapshot("main-1")

    with pytest.raises(ONVIFAuthError):
        stand.talk(camera, snapshot)


def test_what_comes_before_authentication_needs_none(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")

    async def look(client: ONVIFCamera) -> Any:
        devicemgmt = await client.create_devicemgmt_service()
        with pytest.raises(Fault):
            await devicemgmt.authless_GetDeviceInformation()
        services = await devicemgmt.authless_GetServices({"IncludeCapability": False})
        await devicemgmt.authless_GetHostname()
        await devicemgmt.authless_GetCapabilities({"Category": "All"})
        return services, await devicemgmt.authless_GetSystemDateAndTime()

    services, clock = stand.talk(camera, look, password="wrong")
    assert "http://www.onvif.org/ver20/media/wsdl" in {service.Namespace for service in services}
    date, time = clock.UTCDateTime.Date, clock.UTCDateTime.Time
    told = datetime(date.Year, date.Month, date.Day, time.Hour, time.Minute, time.Second, tzinfo=UTC)
    assert abs((told - datetime.now(UTC)).total_seconds()) < 60


def test_a_new_password_counts_for_rtsp_too(stand: Stand) -> None:
    (camera,) = stand.of("uniview-network")
    address = stand.talk(camera, profiles_and_streams)[0][1]

    async def change(client: ONVIFCamera, password: str) -> None:
        devicemgmt = await client.create_devicemgmt_service()
        user = {"Username": camera.username, "Password": password, "UserLevel": "Administrator"}
        await devicemgmt.SetUser({"User": [user]})

    stand.talk(camera, lambda client: change(client, "another-one"))
    try:
        with pytest.raises(av.error.HTTPUnauthorizedError):
            frames(stand, camera, address, 1)
    finally:
        stand.talk(camera, lambda client: change(client, stand.password(camera)), password="another-one")
    assert frames(stand, camera, address, 1)


def test_a_client_must_go_by_the_clock_of_a_camera_that_is_wrong(stand: Stand) -> None:
    (camera,) = stand.of("tp-link-network")  # it takes the local time for UTC

    async def look(client: ONVIFCamera) -> tuple[list[str], timedelta]:
        media = await client.create_media_service()
        sounds = await media.GetAudioEncoderConfigurations()
        return [sound.Encoding for sound in sounds], client.dt_diff

    with pytest.raises((Fault, ONVIFError)):
        stand.talk(camera, look)
    sounds, ahead = stand.talk(camera, look, adjust_time=True)
    assert sounds == ["G711", "G711"]
    assert abs(ahead - timedelta(hours=7)) < timedelta(minutes=1)
