"""The media service of Profile S (ONVIF Media service specification). H.265 has no name in it: see `media2`."""

from __future__ import annotations

from simulators.onvif.access import Access
from simulators.onvif.movement import configuration as ptz_configuration
from simulators.onvif.service import Call, Service, wrong
from simulators.onvif.soap import Xml, many, tag
from simulators.onvif.streams import (
    SESSION_TIMEOUT,
    SUPPORTED_PROTOCOLS,
    Offer,
    audio_source_configuration,
    multicast,
    offer,
    offers,
    resolution,
    snapshot_path,
    source_configuration,
    stream_address,
)

_ENCODINGS = {"h264": "H264", "mjpeg": "JPEG"}
_AUDIO = {"pcmu": "G711", "pcma": "G711", "aac": "AAC"}


def _encoder(found: Offer, name: str) -> Xml:
    video = found.video
    rate = tag(
        "tt:RateControl",
        tag("tt:FrameRateLimit", video.fps),
        tag("tt:EncodingInterval", 1),
        tag("tt:BitrateLimit", video.bitrate // 1000),
    )
    h264 = tag("tt:H264", tag("tt:GovLength", video.gop), tag("tt:H264Profile", video.profile))
    return tag(
        name,
        tag("tt:Name", f"Encoder {found.token}"),
        tag("tt:UseCount", 1),
        tag("tt:Encoding", _ENCODINGS[video.codec]),
        resolution(video),
        tag("tt:Quality", 5),
        rate,
        h264 if video.codec == "h264" else Xml(""),
        multicast(),
        SESSION_TIMEOUT,
        token=f"encoder-{found.token}",
    )


def _audio_encoder(found: Offer, name: str) -> Xml:
    assert found.sound is not None
    return tag(
        name,
        tag("tt:Name", f"Sound {found.channel.number}"),
        tag("tt:UseCount", 1),
        tag("tt:Encoding", _AUDIO[found.sound.codec]),
        tag("tt:Bitrate", 64),
        tag("tt:SampleRate", found.sound.rate // 1000),
        multicast(),
        SESSION_TIMEOUT,
        token=f"sound-{found.token}",
    )


def _profile(call: Call, found: Offer, name: str) -> Xml:
    sound = found.sound is not None
    parts = [tag("tt:Name", found.name), source_configuration(found.channel, "tt:VideoSourceConfiguration")]
    parts += [audio_source_configuration(found.channel, "tt:AudioSourceConfiguration")] * sound
    parts += [_encoder(found, "tt:VideoEncoderConfiguration")]
    parts += [_audio_encoder(found, "tt:AudioEncoderConfiguration") if sound else Xml("")]
    if call.host.equipment.ptz:
        parts.append(ptz_configuration(found.channel.number, "tt:PTZConfiguration"))
    return tag(name, *parts, token=found.token, fixed=True)


def _known(call: Call) -> list[Offer]:
    return [found for found in offers(call) if found.video.codec in _ENCODINGS]


def _get_profiles(call: Call) -> Xml:
    return many(_profile(call, found, "trt:Profiles") for found in _known(call))


def _get_profile(call: Call) -> Xml:
    found = offer(call, call.text("ProfileToken"))
    if found not in _known(call):
        raise wrong("NoProfile", "this profile is Media2's alone")
    return _profile(call, found, "trt:Profile")


def _get_video_sources(call: Call) -> Xml:
    return many(
        tag(
            "trt:VideoSources",
            tag("tt:Framerate", float(channel.main.fps)),
            resolution(channel.main),
            token=f"source-{channel.number}",
        )
        for channel in call.host.channels()
    )


def _get_source_configurations(call: Call) -> Xml:
    return many(source_configuration(channel, "trt:Configurations") for channel in call.host.channels())


def _get_source_configuration(call: Call) -> Xml:
    channel = call.channel(call.text("ConfigurationToken"), fault="NoConfig")
    return source_configuration(channel, "trt:Configuration")


def _get_encoder_configurations(call: Call) -> Xml:
    return many(_encoder(found, "trt:Configurations") for found in _known(call))


def _encoder_of(call: Call, token: str) -> Offer:
    for found in _known(call):
        if token == f"encoder-{found.token}":
            return found
    raise wrong("NoConfig", f"no video encoder {token[:40]!r}")


def _get_encoder_configuration(call: Call) -> Xml:
    return _encoder(_encoder_of(call, call.text("ConfigurationToken")), "trt:Configuration")


def _range(name: str, low: int, high: int) -> Xml:
    return tag(name, tag("tt:Min", low), tag("tt:Max", high))


def _get_encoder_options(call: Call) -> Xml:
    token = call.text("ConfigurationToken")
    profile = call.text("ProfileToken")
    found = _encoder_of(call, token) if token else offer(call, profile) if profile else next(iter(_known(call)), None)
    if found is None or found.video.codec not in _ENCODINGS:
        raise wrong("NoConfig", "no such video encoder")
    video = found.video
    sizes = resolution(video, "tt:ResolutionsAvailable")
    rates = (_range("tt:FrameRateRange", 1, video.fps), _range("tt:EncodingIntervalRange", 1, 1))
    if video.codec == "mjpeg":
        return tag("trt:Options", _range("tt:QualityRange", 1, 10), tag("tt:JPEG", sizes, *rates))
    h264 = (sizes, _range("tt:GovLengthRange", 1, 400), *rates, tag("tt:H264ProfilesSupported", video.profile))
    return tag("trt:Options", _range("tt:QualityRange", 1, 10), tag("tt:H264", *h264))


def _get_audio_sources(call: Call) -> Xml:
    return many(
        tag("trt:AudioSources", tag("tt:Channels", 1), token=f"audio-{channel.number}")
        for channel in call.host.channels()
        if channel.sound is not None
    )


def _get_audio_encoder_configurations(call: Call) -> Xml:
    return many(_audio_encoder(found, "trt:Configurations") for found in _known(call) if found.sound is not None)


def _uri(address: str) -> Xml:
    return tag(
        "trt:MediaUri",
        tag("tt:Uri", address),
        tag("tt:InvalidAfterConnect", False),
        tag("tt:InvalidAfterReboot", False),
        tag("tt:Timeout", "PT0S"),
    )


def _get_stream_uri(call: Call) -> Xml:
    if call.text("StreamSetup/Stream", "RTP-Unicast") != "RTP-Unicast":
        raise wrong("InvalidStreamSetup", "only RTP-Unicast is offered")
    if call.text("StreamSetup/Transport/Protocol", "RTSP") not in SUPPORTED_PROTOCOLS:
        raise wrong("InvalidStreamSetup", "no such transport")
    return _uri(stream_address(call, offer(call, call.text("ProfileToken"))))


def _get_snapshot_uri(call: Call) -> Xml:
    found = offer(call, call.text("ProfileToken"))
    return _uri(call.address(snapshot_path(call.host.equipment.snapshot, found.channel.number)))


def _capabilities(call: Call) -> Xml:
    profiles = tag("trt:ProfileCapabilities", MaximumNumberOfProfiles=2 * len(call.host.channels()))
    streaming = {"RTPMulticast": False, "RTP_TCP": True, "RTP_RTSP_TCP": True}
    return tag(
        "trt:Capabilities",
        profiles,
        tag("trt:StreamingCapabilities", **streaming),
        SnapshotUri=True,
        Rotation=False,
        VideoSourceMode=False,
        OSD=False,
    )


SERVICE = Service(
    "media",
    "trt",
    "/onvif/media_service",
    (2, 60),
    _capabilities,
    {
        "GetProfiles": (Access.READ_MEDIA, _get_profiles),
        "GetProfile": (Access.READ_MEDIA, _get_profile),
        "GetVideoSources": (Access.READ_MEDIA, _get_video_sources),
        "GetVideoSourceConfigurations": (Access.READ_MEDIA, _get_source_configurations),
        "GetVideoSourceConfiguration": (Access.READ_MEDIA, _get_source_configuration),
        "GetVideoEncoderConfigurations": (Access.READ_MEDIA, _get_encoder_configurations),
        "GetVideoEncoderConfiguration": (Access.READ_MEDIA, _get_encoder_configuration),
        "GetVideoEncoderConfigurationOptions": (Access.READ_MEDIA, _get_encoder_options),
        "GetAudioSources": (Access.READ_MEDIA, _get_audio_sources),
        "GetAudioEncoderConfigurations": (Access.READ_MEDIA, _get_audio_encoder_configurations),
        "GetStreamUri": (Access.READ_MEDIA, _get_stream_uri),
        "GetSnapshotUri": (Access.READ_MEDIA, _get_snapshot_uri),
    },
)
"""As it is dispatched."""
