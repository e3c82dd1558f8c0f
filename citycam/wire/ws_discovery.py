"""WS-Discovery (April 2005) of an ONVIF client: a Probe out, matches in (Core specification, 7.3)."""

from __future__ import annotations

from typing import NamedTuple

from citycam.wire.soap import Fault, SoapSyntaxError, envelope, local, parse, text

GROUP, PORT = "239.255.255.250", 3702
MAX_SIZE = 64 * 1024
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"


class Match(NamedTuple):
    """One device that answers: endpoint reference, scopes, and the addresses of its device service."""

    endpoint: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]


def probe(message: str) -> bytes:
    """A question for video devices; `message` is its MessageID, `urn:uuid:…`."""
    header = (
        f'<a:MessageID xmlns:a="{_ADDRESSING}">{message}</a:MessageID>'
        f'<a:To xmlns:a="{_ADDRESSING}">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>'
        f'<a:Action xmlns:a="{_ADDRESSING}">{_DISCOVERY}/Probe</a:Action>'
    )
    types = '<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>'
    return envelope(f'<d:Probe xmlns:d="{_DISCOVERY}">{types}</d:Probe>', header)


def matches(data: bytes, message: str) -> tuple[Match, ...]:
    """The devices in an answer to the Probe of that MessageID; none if it is something else."""
    try:
        root = parse(data[:MAX_SIZE])
    except (SoapSyntaxError, Fault):
        return ()
    if text(root, "Header/RelatesTo") != message:
        return ()
    return tuple(
        Match(
            text(one, "EndpointReference/Address"),
            tuple(text(one, "Scopes").split()),
            tuple(text(one, "XAddrs").split()),
        )
        for one in root.iter()
        if local(one.tag) == "ProbeMatch"
    )
