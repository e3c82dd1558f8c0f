"""Both media services: the same streams, named as each of them names them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulators.onvif.media import SERVICE
from simulators.onvif.media2 import SERVICE as SERVICE2
from simulators.onvif.tests.devices import MAIN, FakeHost, ask, camera, recorder, refusal, text, texts

SETUP = (
    "<q:StreamSetup><tt:Stream>{}</tt:Stream><tt:Transport><tt:Protocol>{}</tt:Protocol></tt:Transport></q:StreamSetup>"
)
TOKEN = "<q:ProfileToken>{}</q:ProfileToken>"


def tokens(host: FakeHost, prefix: str) -> list[str]:
    return [profile.get("token", "") for profile in ask(host, prefix, "GetProfiles")]


@pytest.mark.parametrize("prefix", ["trt", "tr2"])
def test_a_camera_has_a_profile_for_each_stream_a_recorder_for_each_channel(prefix: str) -> None:
    assert tokens(camera(), prefix) == ["main-1", "sub-1"]
    assert tokens(recorder(3), prefix) == ["main-1", "main-2", "main-3"]


@pytest.mark.parametrize("prefix", ["trt", "tr2"])
def test_stream_and_snapshot_have_addresses_on_the_device(prefix: str) -> None:
    host = camera()
    host.estate.rtsp_port, host.estate.http_port = 8554, 8080
    setup = SETUP.format("RTP-Unicast", "RTSP") if prefix == "trt" else "<q:Protocol>RtspUnicast</q:Protocol>"
    found = ask(host, prefix, "GetStreamUri", setup + TOKEN.format("sub-1"))
    assert text(found, "Uri") == "rtsp://198.18.64.1:8554/live/1/sub"
    found = ask(host, prefix, "GetSnapshotUri", TOKEN.format("sub-1"))
    assert text(found, "Uri") == "http://198.18.64.1:8080/snapshot/1.jpg"


def test_usual_ports_are_left_out() -> None:
    found = ask(camera(), "trt", "GetStreamUri", SETUP.format("RTP-Unicast", "UDP") + TOKEN.format("main-1"))
    assert text(found, "Uri") == "rtsp://198.18.64.1/live/1"


@pytest.mark.parametrize(
    ("operation", "inner", "why"),
    [
        ("GetProfile", TOKEN.format("main-2"), "ter:NoProfile"),
        ("GetSnapshotUri", TOKEN.format(""), "ter:NoProfile"),
        ("GetStreamUri", SETUP.format("RTP-Multicast", "UDP") + TOKEN.format("main-1"), "ter:InvalidStreamSetup"),
        ("GetStreamUri", SETUP.format("RTP-Unicast", "QUIC") + TOKEN.format("main-1"), "ter:InvalidStreamSetup"),
        ("GetStreamUri", SETUP.format("RTP-Unicast", "RTSP") + TOKEN.format("main-9"), "ter:NoProfile"),
        ("GetVideoEncoderConfiguration", "<q:ConfigurationToken>encoder-x</q:ConfigurationToken>", "ter:NoConfig"),
        ("GetVideoEncoderConfigurationOptions", "<q:ConfigurationToken>x</q:ConfigurationToken>", "ter:NoConfig"),
        ("GetVideoSourceConfiguration", "<q:ConfigurationToken>x-7</q:ConfigurationToken>", "ter:NoConfig"),
    ],
)
def test_what_is_not_there_is_refused(operation: str, inner: str, why: str) -> None:
    assert refusal(camera(), "trt", operation, inner) == ["400", "env:Sender", "ter:InvalidArgVal", why]


def test_every_operation_of_profile_s_answers_as_the_schema_says() -> None:
    about = {
        "GetProfile": TOKEN.format("main-1"),
        "GetVideoSourceConfiguration": "<q:ConfigurationToken>source-config-1</q:ConfigurationToken>",
        "GetVideoEncoderConfiguration": "<q:ConfigurationToken>encoder-sub-1</q:ConfigurationToken>",
        "GetStreamUri": SETUP.format("RTP-Unicast", "RTSP") + TOKEN.format("main-1"),
        "GetSnapshotUri": TOKEN.format("main-1"),
    }
    for operation in (*SERVICE.operations, "GetServiceCapabilities"):
        assert len(ask(camera(), "trt", operation, about.get(operation, ""))) > 0, operation


def test_encoders_are_as_the_streams_are() -> None:
    main, sub = ask(camera(), "trt", "GetVideoEncoderConfigurations")
    assert [text(main, name) for name in ("Encoding", "Width", "Height", "FrameRateLimit", "BitrateLimit")] == [
        *("H264", "704", "576", "10", "256"),
    ]
    assert (text(main, "GovLength"), text(sub, "H264Profile")) == ("20", "Baseline")
    assert texts(ask(camera(), "trt", "GetAudioEncoderConfigurations"), "Encoding") == ["G711", "G711"]
    options = ask(camera(), "trt", "GetVideoEncoderConfigurationOptions")
    assert (text(options, "Width"), texts(options, "H264ProfilesSupported")) == ("704", ["Main"])


def changed(codec: str) -> FakeHost:
    """A camera whose main stream has another codec."""
    host = camera()
    channel = host.offered[0]
    host.offered = [replace(channel, main=replace(MAIN, codec=codec))]
    return host


def test_h265_is_for_media2_alone() -> None:
    host = changed("h265")
    assert tokens(host, "trt") == ["sub-1"]
    assert tokens(host, "tr2") == ["main-1", "sub-1"]
    assert texts(ask(host, "tr2", "GetVideoEncoderConfigurations"), "Encoding") == ["H265", "H264"]
    assert refusal(host, "trt", "GetProfile", TOKEN.format("main-1"))[-1] == "ter:NoProfile"
    options = "<q:ConfigurationToken>encoder-main-1</q:ConfigurationToken>"
    assert refusal(host, "trt", "GetVideoEncoderConfigurationOptions", options)[-1] == "ter:NoConfig"


def test_motion_jpeg_has_neither_profile_nor_groups_of_pictures() -> None:
    host = changed("mjpeg")
    assert texts(ask(host, "trt", "GetVideoEncoderConfigurations"), "Encoding") == ["JPEG", "H264"]
    encoder = ask(host, "tr2", "GetVideoEncoderConfigurations")[0]
    assert encoder.get("GovLength") is None
    ask(host, "trt", "GetVideoEncoderConfigurationOptions")


def test_media2_tells_configurations_when_asked() -> None:
    host = camera()
    plain = ask(host, "tr2", "GetProfiles", "<q:Token>main-1</q:Token>")
    assert [[child.tag.rpartition("}")[2] for child in profile] for profile in plain] == [["Name"]]
    (whole,) = ask(host, "tr2", "GetProfiles", "<q:Token>main-1</q:Token><q:Type>All</q:Type>")
    kinds = [child.tag.rpartition("}")[2] for child in whole[1]]
    assert kinds == ["VideoSource", "AudioSource", "VideoEncoder", "AudioEncoder", "PTZ"]
    assert refusal(host, "tr2", "GetProfiles", "<q:Token>x</q:Token>")[-1] == "ter:NoProfile"


def test_every_operation_of_media2_answers() -> None:
    about = {
        "GetStreamUri": "<q:Protocol>RTSP</q:Protocol>" + TOKEN.format("main-1"),
        "GetSnapshotUri": TOKEN.format("main-1"),
        "GetVideoEncoderConfigurations": "<q:ConfigurationToken>encoder-sub-1</q:ConfigurationToken>",
    }
    for operation in (*SERVICE2.operations, "GetServiceCapabilities"):
        assert len(ask(camera(), "tr2", operation, about.get(operation, ""))) > 0, operation
    wrong = "<q:Protocol>RtspMulticast</q:Protocol>" + TOKEN.format("main-1")
    assert refusal(camera(), "tr2", "GetStreamUri", wrong)[-1] == "ter:InvalidStreamSetup"
    unknown = "<q:ConfigurationToken>x</q:ConfigurationToken>"
    assert refusal(camera(), "tr2", "GetVideoEncoderConfigurations", unknown)[-1] == "ter:NoConfig"
