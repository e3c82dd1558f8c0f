"""SOAP 1.2 messages of an ONVIF client: envelopes with a WS-UsernameToken out, answers in, by defusedxml alone."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

KIND = "application/soap+xml; charset=utf-8"
_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
_DIGEST = f"{_WSS}username-token-profile-1.0#PasswordDigest"


class SoapSyntaxError(ValueError):
    """What was received is no SOAP message."""


class Fault(Exception):
    """The device answered with a fault; `codes` are its code and subcodes without their prefixes, outermost first."""

    def __init__(self, codes: tuple[str, ...], reason: str) -> None:
        super().__init__(reason or ", ".join(codes))
        self.codes = codes

    @property
    def unauthorized(self) -> bool:
        """Whether credentials are wanted, or were wrong (ONVIF Core specification, 5.9.2.2)."""
        return bool({"NotAuthorized", "FailedAuthentication"} & set(self.codes))


def envelope(body: str, header: str = "") -> bytes:
    """A whole message; `body` and `header` are markup that declares its own namespaces."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_ENVELOPE}">{head}<s:Body>{body}</s:Body>'
        "</s:Envelope>"
    ).encode()


def username_token(username: str, password: str, created: datetime, nonce: bytes) -> str:
    """A Security header (UsernameToken profile 1.0, 3.1): SHA-1 of nonce, time and password.

    `created` is by the device's own clock, or it takes the token for an old one; `nonce` is fresh random bytes.
    """
    told = created.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    digest = hashlib.sha1(nonce + told.encode() + password.encode(), usedforsecurity=False).digest()
    return (
        f'<w:Security xmlns:w="{_WSS}wssecurity-secext-1.0.xsd" xmlns:u="{_WSS}wssecurity-utility-1.0.xsd"'
        f' xmlns:e="{_ENVELOPE}" e:mustUnderstand="1"><w:UsernameToken><w:Username>{escape(username)}</w:Username>'
        f'<w:Password Type="{_DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
        f'<w:Nonce EncodingType="{_WSS}soap-message-security-1.0#Base64Binary">{base64.b64encode(nonce).decode()}'
        f"</w:Nonce><u:Created>{told}</u:Created></w:UsernameToken></w:Security>"
    )


def parse(data: bytes) -> Element:
    """The envelope of an answer. Its elements are looked up by local name: devices differ in their namespaces.

    Raises:
        SoapSyntaxError: not well-formed, with a document type or an entity, or no envelope.
        Fault: the device says that it failed.
    """
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SoapSyntaxError(f"not a SOAP message: {error}") from error
    if local(root.tag) != "Envelope":
        raise SoapSyntaxError(f"not an envelope: {root.tag[:80]!r}")
    fault = root.find("{*}Body/{*}Fault")
    if fault is not None:
        codes = [*fault.iterfind(".//{*}Value"), *fault.iterfind("faultcode")]
        reason = fault.find(".//{*}Text")
        said = reason if reason is not None else fault.find("faultstring")
        names = tuple((code.text or "").strip().rpartition(":")[2] for code in codes)
        raise Fault(names, ((said.text or "") if said is not None else "").strip()[:200])
    return root


def local(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def text(element: Element | None, path: str) -> str:
    """The text at a path of local names (`Time/Hour`), or an empty one."""
    found = None if element is None else element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else ""
