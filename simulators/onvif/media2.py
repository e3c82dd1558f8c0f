"""The media service of Profile T (ONVIF Media2 service specification), which knows H.265 too."""

from __future__ import annotations

from simulators.onvif.access import Access
from simulators.onvif.movement import configuration as ptz_configuration
from simulators.onvif.service import Call, Service, wrong
from simulators.onvif.soap import Xml, many, tag
from simulators.onvif.streams import (
    Offer,
    audio_source_configuration,
    chosen,
    multicast,
    offer,
    offers,
    resolution,
    snapshot_path,
    source_configuration,
    stream_address,
)

_ENCODINGS = {"h264": "H264", "h265": "H265", "mjpeg": "JPEG"}
_AUDIO = {"pcmu": "PCMU", "pcma": "PCMA", "aac": "MP4A-LATM"}
_PROTOCOLS = {"RtspUnicast", "RTSP", "RtspOverHttp"}


def _encoder(found: Offer, name: str) -> Xml:
    video = found.video
    about: dict[str, str | int] = {"token": f"encoder-{found.token}"}
    if video.codec != "mjpeg":
        about |= {"GovLength": video.gop, "Profile": video.profile}
    rate = (tag("tt:FrameRateLimit", float(video.fps)), tag("tt:BitrateLimit", video.bitrate // 1000))
    return tag(
        name,
        tag("tt:Name", f"Encoder {found.token}"),
        tag("tt:UseCount", 1),
        tag("tt:Encoding", _ENCODINGS[video.codec]),
        resolution(video),
        tag("tt:RateControl", *rate, ConstantBitRate=True),
        multicast(),
        tag("tt:Quality", 5),
        **about,
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
        token=f"sound-{found.token}",
    )


def _get_profiles(call: Call) -> Xml:
    wanted = {element.text for element in call.all("Type")}
    return many(_profile(call, found, wanted) for found in chosen(call, "Token"))


def _profile(call: Call, found: Offer, wanted: set[str | None]) -> Xml:
    """Configurations come only if they are asked for (Media2, 5.2.2)."""
    parts = []
    if wanted & {"All", "VideoSource"}:
        parts.append(source_configuration(found.channel, "tr2:VideoSource"))
    if wanted & {"All", "AudioSource"} and found.sound is not None:
        parts.append(audio_source_configuration(found.channel, "tr2:AudioSource"))
    if wanted & {"All", "VideoEncoder"}:
        parts.append(_encoder(found, "tr2:VideoEncoder"))
    if wanted & {"All", "AudioEncoder"} and found.sound is not None:
        parts.append(_audio_encoder(found, "tr2:AudioEncoder"))
    if wanted & {"All", "PTZ"} and call.host.equipment.ptz:
        parts.append(ptz_configuration(found.channel.number, "tr2:PTZ"))
    inner = [tag("tr2:Configurations", *parts)] if parts else []
    return tag("tr2:Profiles", tag("tr2:Name", found.name), *inner, token=found.token, fixed=True)


def _encoders(call: Call) -> list[Offer]:
    """Those the request names, by its own token or by a profile's."""
    token = call.text("ConfigurationToken")
    found = [one for one in chosen(call) if not token or token == f"encoder-{one.token}"]
    if token and not found:
        raise wrong("NoConfig", f"no video encoder {token[:40]!r}")
    return found


def _get_encoder_configurations(call: Call) -> Xml:
    return many(_encoder(found, "tr2:Configurations") for found in _encoders(call))


def _get_encoder_options(call: Call) -> Xml:
    return many(_options(found) for found in _encoders(call))


def _options(found: Offer) -> Xml:
    video = found.video
    about: dict[str, str | int] = {"FrameRatesSupported": " ".join(map(str, range(1, video.fps + 1)))}
    if video.codec != "mjpeg":
        about |= {"GovLengthRange": "1 400", "ProfilesSupported": video.profile}
    return tag(
        "tr2:Options",
        tag("tt:Encoding", _ENCODINGS[video.codec]),
        tag("tt:QualityRange", tag("tt:Min", 1), tag("tt:Max", 10)),
        resolution(video, "tt:ResolutionsAvailable"),
        tag("tt:BitrateRange", tag("tt:Min", 16), tag("tt:Max", video.bitrate // 1000)),
        **about,
    )


def _get_source_configurations(call: Call) -> Xml:
    return many(source_configuration(channel, "tr2:Configurations") for channel in call.host.channels())


def _get_audio_encoder_configurations(call: Call) -> Xml:
    return many(_audio_encoder(found, "tr2:Configurations") for found in offers(call) if found.sound is not None)


def _get_stream_uri(call: Call) -> Xml:
    if call.text("Protocol", "RtspUnicast") not in _PROTOCOLS:
        raise wrong("InvalidStreamSetup", "only RtspUnicast, RTSP and RtspOverHttp are known")
    return tag("tr2:Uri", stream_address(call, offer(call, call.text("ProfileToken"))))


def _get_snapshot_uri(call: Call) -> Xml:
    found = offer(call, call.text("ProfileToken"))
    return tag("tr2:Uri", call.address(snapshot_path(call.host.equipment.snapshot, found.channel.number)))


def _capabilities(call: Call) -> Xml:
    supported = "VideoSource VideoEncoder AudioSource AudioEncoder" + " PTZ" * call.host.equipment.ptz
    most = 2 * len(call.host.channels())
    profiles = tag("tr2:ProfileCapabilities", MaximumNumberOfProfiles=most, ConfigurationsSupported=supported)
    streaming = {"RTSPStreaming": True, "RTPMulticast": False, "RTP_RTSP_TCP": True}
    return tag("tr2:Capabilities", profiles, tag("tr2:StreamingCapabilities", **streaming), SnapshotUri=True)


SERVICE = Service(
    "media2",
    "tr2",
    "/onvif/media2_service",
    (2, 60),
    _capabilities,
    {
        "GetProfiles": (Access.READ_MEDIA, _get_profiles),
        "GetVideoSourceConfigurations": (Access.READ_MEDIA, _get_source_configurations),
        "GetVideoEncoderConfigurations": (Access.READ_MEDIA, _get_encoder_configurations),
        "GetVideoEncoderConfigurationOptions": (Access.READ_MEDIA, _get_encoder_options),
        "GetAudioEncoderConfigurations": (Access.READ_MEDIA, _get_audio_encoder_configurations),
        "GetStreamUri": (Access.READ_MEDIA, _get_stream_uri),
        "GetSnapshotUri": (Access.READ_MEDIA, _get_snapshot_uri),
    },
)
"""As it is dispatched."""
