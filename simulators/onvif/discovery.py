"""WS-Discovery (April 2005), as ONVIF uses it: Probe and Resolve in, matches out (Core specification, 7.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from simulators.onvif import soap
from simulators.onvif.device import PATH, endpoint, scopes
from simulators.onvif.estate import Estate, Host
from simulators.onvif.soap import Fault, tag

GROUP, MAX_DELAY_S = "239.255.255.250", 0.5
"""Multicast address, and APP_MAX_DELAY (WS-Discovery 1.1, appendix I)."""

_NAMESPACES = {
    "env": soap.NAMESPACES["env"],
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "d": "http://schemas.xmlsoap.org/ws/2005/04/discovery",
    "dn": "http://www.onvif.org/ver10/network/wsdl",
    "tds": soap.NAMESPACES["tds"],
}
_A, _D = f"{{{_NAMESPACES['a']}}}", f"{{{_NAMESPACES['d']}}}"
_TYPES = {(_NAMESPACES["dn"], "NetworkVideoTransmitter"), (_NAMESPACES["tds"], "Device")}
_ANYBODY = f"{_NAMESPACES['a']}/role/anonymous"


@dataclass(frozen=True, slots=True)
class Question:
    """A Probe for devices of these types and scopes, or a Resolve of the one with this endpoint reference."""

    kind: Literal["Probe", "Resolve"]
    message: str
    """Its MessageID."""
    types: frozenset[tuple[str, str]] = frozenset()
    scopes: tuple[str, ...] = ()
    rule: str = ""
    endpoint: str = ""

    def concerns(self, host: Host) -> bool:
        """Whether the device is meant."""
        if not host.equipment.discovery:
            return False
        if self.kind == "Resolve":
            return self.endpoint == endpoint(host)
        own = scopes(host)
        return self.types <= _TYPES and all(any(self._fits(scope, mine) for mine in own) for scope in self.scopes)

    def _fits(self, wanted: str, own: str) -> bool:
        """RFC 3986 prefixes by segment, which is the default rule, or the same text (WS-Discovery, 5.1)."""
        if self.rule == "strcmp0":
            return wanted == own
        one, other = urlsplit(wanted), urlsplit(own)
        if (one.scheme.lower(), one.netloc.lower()) != (other.scheme.lower(), other.netloc.lower()):
            return False
        head, whole = ([unquote(part) for part in url.path.strip("/").split("/")] for url in (one, other))
        return head == [""] or whole[: len(head)] == head


def parse(data: bytes) -> Question | None:
    """The question in a datagram; None if it holds none."""
    try:
        message = soap.parse(data)
    except Fault:
        return None
    identity = message.block(f"{_A}MessageID")
    if identity is None or not identity.text:
        return None
    if message.body.tag == f"{_D}Probe":
        return _probe(message, identity.text.strip())
    if message.body.tag == f"{_D}Resolve":
        address = message.body.findtext(f"{_A}EndpointReference/{_A}Address", "").strip()
        return Question("Resolve", identity.text.strip(), endpoint=address)
    return None


def _probe(message: soap.Message, identity: str) -> Question | None:
    types = set()
    for name in message.body.findtext(f"{_D}Types", "").split():
        prefix, _, local = name.rpartition(":")
        types.add((message.prefixes.get(prefix, ""), local))
    wanted = message.body.find(f"{_D}Scopes")
    rule = wanted.get("MatchBy", "").rstrip("/").rpartition("/")[2] if wanted is not None else ""
    if rule not in ("", "rfc2396", "rfc3986", "strcmp0"):
        return None
    asked = tuple((wanted.text or "").split()) if wanted is not None else ()
    return Question("Probe", identity, frozenset(types), asked, rule)


def match(estate: Estate, host: Host, question: Question, count: int) -> bytes:
    """What the device answers; `count` numbers its messages."""
    kind = "ProbeMatch" if question.kind == "Probe" else "ResolveMatch"
    port = "" if estate.http_port == 80 else f":{estate.http_port}"
    found = tag(
        f"d:{kind}",
        tag("a:EndpointReference", tag("a:Address", endpoint(host))),
        tag("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
        tag("d:Scopes", " ".join(scopes(host))),
        tag("d:XAddrs", f"http://{host.address}{port}{PATH}"),
        tag("d:MetadataVersion", 1),
    )
    header = (
        tag("a:MessageID", f"urn:uuid:{uuid5(NAMESPACE_URL, f'{endpoint(host)} {question.message} {count}')}"),
        tag("a:RelatesTo", question.message),
        tag("a:To", _ANYBODY),
        tag("a:Action", f"{_NAMESPACES['d']}/{kind}es"),
        tag("d:AppSequence", InstanceId=1, MessageNumber=count),
    )
    return soap.envelope(tag(f"d:{kind}es", found), soap.many(header), _NAMESPACES)
