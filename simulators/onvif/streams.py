"""Streams as ONVIF's two media services both name them: profile tokens, URLs, which codec is called what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from simulators.onvif.estate import Channel, Sound, Video
from simulators.onvif.service import Call, wrong
from simulators.onvif.soap import Xml, tag

Kind = Literal["main", "sub"]
SUPPORTED_PROTOCOLS = {"UDP", "TCP", "RTSP", "HTTP"}
SESSION_TIMEOUT = Xml("<tt:SessionTimeout>PT60S</tt:SessionTimeout>")


class Offer(NamedTuple):
    """A media profile: one stream of one channel, with its sound."""

    kind: Kind
    channel: Channel
    video: Video

    @property
    def token(self) -> str:
        """Of the profile: `main-1`."""
        return f"{self.kind}-{self.channel.number}"

    @property
    def name(self) -> str:
        """Of the profile."""
        return f"{'Main' if self.kind == 'main' else 'Sub'} stream {self.channel.number}"

    @property
    def sound(self) -> Sound | None:
        """What is heard."""
        return self.channel.sound


def offers(call: Call) -> Iterator[Offer]:
    """Every media profile of the device."""
    for channel in call.host.channels():
        yield Offer("main", channel, channel.main)
        if channel.sub is not None:
            yield Offer("sub", channel, channel.sub)


def offer(call: Call, token: str) -> Offer:
    """The media profile of a token.

    Raises:
        Fault: there is none.
    """
    for found in offers(call):
        if found.token == token:
            return found
    raise wrong("NoProfile", f"no media profile {token[:40]!r}")


def chosen(call: Call, path: str = "ProfileToken") -> list[Offer]:
    """The media profile that the request names, or all if it names none."""
    token = call.text(path)
    return [offer(call, token)] if token else list(offers(call))


def stream_address(call: Call, found: Offer) -> str:
    """Its RTSP URL."""
    port = "" if call.estate.rtsp_port == 554 else f":{call.estate.rtsp_port}"
    return f"rtsp://{call.host.address}{port}{found.video.path}"


def snapshot_path(template: str, channel: int) -> str:
    """Where the channel's snapshot is."""
    return template.format(channel=channel)


def resolution(video: Video, name: str = "tt:Resolution") -> Xml:
    """Its size in pixels."""
    return tag(name, tag("tt:Width", video.width), tag("tt:Height", video.height))


def source_configuration(channel: Channel, name: str) -> Xml:
    """The channel's video source configuration."""
    bounds = tag("tt:Bounds", x=0, y=0, width=channel.main.width, height=channel.main.height)
    inner = (tag("tt:Name", f"Source {channel.number}"), tag("tt:UseCount", 2 if channel.sub else 1))
    token = f"source-config-{channel.number}"
    return tag(name, *inner, tag("tt:SourceToken", f"source-{channel.number}"), bounds, token=token)


def audio_source_configuration(channel: Channel, name: str) -> Xml:
    """The channel's audio source configuration."""
    inner = (tag("tt:Name", f"Microphone {channel.number}"), tag("tt:UseCount", 2 if channel.sub else 1))
    token = f"audio-config-{channel.number}"
    return tag(name, *inner, tag("tt:SourceToken", f"audio-{channel.number}"), token=token)


def multicast() -> Xml:
    """No multicast address."""
    address = tag("tt:Address", tag("tt:Type", "IPv4"), tag("tt:IPv4Address", "0.0.0.0"))
    return tag("tt:Multicast", address, tag("tt:Port", 0), tag("tt:TTL", 0), tag("tt:AutoStart", False))
