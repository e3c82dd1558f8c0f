"""SOAP 1.2 envelopes: read with expat, which sees no document type and no entity, and written as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

KIND = "application/soap+xml; charset=utf-8"
MAX_DEPTH = 32
MAX_ELEMENTS = 2000

NAMESPACES = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsa": "http://www.w3.org/2005/08/addressing",
}
"""Prefixes of everything that is written; an envelope declares those it uses."""

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Code = Literal["Sender", "Receiver", "VersionMismatch", "MustUnderstand"]


# By hand: `xml.sax.saxutils` brings urllib, http.client and email along, 1.3 MB in every process of a fleet.
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ATTRIBUTE = _TEXT | str.maketrans({'"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


class Xml(str):
    """Markup, in contrast to text that must be escaped."""

    __slots__ = ()


Content = Xml | str | int | float


def tag(name: str, *content: Content, **attributes: Content) -> Xml:
    """An element: `tag("tt:Hour", 12)`; text is escaped, markup is not."""
    inner = "".join(map(_text, content))
    about = "".join(f' {key}="{_plain(value).translate(_ATTRIBUTE)}"' for key, value in attributes.items())
    return Xml(f"<{name}{about}>{inner}</{name}>" if inner else f"<{name}{about}/>")


def many(parts: Iterable[Xml]) -> Xml:
    """Several elements as one content."""
    return Xml("".join(parts))


def _text(value: Content) -> str:
    return value if isinstance(value, Xml) else _plain(value).translate(_TEXT)


def _plain(value: Content) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.6g}"
    return str(value)


def instant(ns: int) -> str:
    """Nanoseconds since 1970 as xs:dateTime, UTC, to the millisecond."""
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration(seconds: float) -> str:
    """Seconds as xs:duration."""
    return f"PT{seconds:.3f}".rstrip("0").rstrip(".") + "S"


class Fault(Exception):
    """A SOAP fault (SOAP 1.2 part 1, 5.4): ONVIF's subcodes, outermost first, without their prefix `ter:`."""

    def __init__(self, code: Code, *subcodes: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.subcodes = subcodes
        self.reason = reason

    @property
    def status(self) -> int:
        """HTTP status (SOAP 1.2 part 2, table 20)."""
        return 400 if self.code == "Sender" else 500

    def body(self) -> Xml:
        """The element `env:Fault`."""
        nested = Xml("")
        for subcode in reversed(self.subcodes):
            nested = tag("env:Subcode", tag("env:Value", f"ter:{subcode}"), nested)
        reason = tag("env:Text", self.reason, **{"xml:lang": "en"})
        return tag(
            "env:Fault", tag("env:Code", tag("env:Value", f"env:{self.code}"), nested), tag("env:Reason", reason)
        )


def envelope(body: Xml, header: Xml | None = None, namespaces: dict[str, str] = NAMESPACES) -> bytes:
    """A whole message."""
    parts = (tag("env:Header", header) if header else "") + tag("env:Body", body)
    used = {prefix: uri for prefix, uri in namespaces.items() if f"{prefix}:" in parts or prefix == "env"}
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in used.items())
    return f"{_HEAD}<env:Envelope{declared}>{parts}</env:Envelope>".encode()


@dataclass(slots=True)
class Message:
    """A message as it came: blocks of its header, the element in its body, and what prefixes mean in it."""

    header: list[Element]
    body: Element
    prefixes: dict[str, str] = field(default_factory=dict)

    @property
    def operation(self) -> tuple[str, str]:
        """Namespace and name of what is asked for."""
        space, _, name = self.body.tag.rpartition("}")
        return space.removeprefix("{"), name

    def block(self, name: str) -> Element | None:
        """The header block of this name, `{namespace}local`."""
        return next((block for block in self.header if block.tag == name), None)


def parse(data: bytes) -> Message:
    """Read a message.

    Raises:
        Fault: not well-formed, with a document type, too deep or too large, or no SOAP 1.2 envelope with one element.
    """
    reader = _Reader()
    root = reader.read(data)
    env = f"{{{NAMESPACES['env']}}}"
    if root.tag != env + "Envelope":
        code: Code = "VersionMismatch" if root.tag.endswith("}Envelope") else "Sender"
        raise Fault(code, *(["WellFormed"] * (code == "Sender")), reason="not a SOAP 1.2 envelope")
    body = root.find(env + "Body")
    if body is None or len(body) != 1:
        raise Fault("Sender", "WellFormed", reason="the body must hold one element")
    header = root.find(env + "Header")
    return Message(list(header) if header is not None else [], body[0], reader.prefixes)


class _Reader:
    """Expat into a tree; what could make it large is refused where it begins."""

    def __init__(self) -> None:
        self.prefixes: dict[str, str] = {}
        self._builder = TreeBuilder()
        self._depth = 0
        self._elements = 0

    def read(self, data: bytes) -> Element:
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._builder.data
        try:
            parser.Parse(data, True)
            return self._builder.close()
        except (expat.ExpatError, AssertionError, ValueError, LookupError) as error:
            raise Fault("Sender", "WellFormed", reason=f"not well-formed: {error}") from error

    def _doctype(self, *_about: object) -> None:
        raise Fault("Sender", "WellFormed", reason="a document type is not allowed (SOAP 1.2 part 1, 5)")

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        self.prefixes[prefix or ""] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise Fault("Sender", "WellFormed", reason="the message is too deep or has too many elements")
        self._builder.start(_qualified(name), {_qualified(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._builder.end(_qualified(name))


def _qualified(name: str) -> str:
    return "{" + name if "}" in name else name
