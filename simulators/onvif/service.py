"""What a service is: its namespace, its operations, who may call them; and what an operation is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from simulators.onvif.access import Access
from simulators.onvif.estate import Channel, Estate, Host
from simulators.onvif.soap import NAMESPACES, Fault, Xml, tag

SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Later:
    """An answer that is not due before `at_ns`, true time; then ask for it."""

    at_ns: int
    then: Callable[[], Xml | Later]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation."""

    estate: Estate
    host: Host
    services: Sequence[Service]
    """Those that the device offers."""
    request: Element
    target: str
    """Path and query it was sent to."""

    @property
    def now_ns(self) -> int:
        """The true time."""
        return self.estate.now_ns()

    def text(self, path: str, default: str = "") -> str:
        """Text at `Some/Path` below the request, of whatever namespaces."""
        found = self.request.findtext("/".join(f"{{*}}{name}" for name in path.split("/")))
        return found.strip() if found is not None else default

    def all(self, name: str) -> list[Element]:
        """The children of this name."""
        return self.request.findall(f"{{*}}{name}")

    def address(self, path: str) -> str:
        """The URL of a path on this device."""
        port = "" if self.estate.http_port == 80 else f":{self.estate.http_port}"
        return f"http://{self.host.address}{port}{path}"

    def channel(self, token: str, *, fault: str = "NoVideoSource") -> Channel:
        """The channel whose number ends a token (`source-2`, `main-2`).

        Raises:
            Fault: there is none.
        """
        number = token.rpartition("-")[2]
        for channel in self.host.channels():
            if str(channel.number) == number:
                return channel
        raise wrong(fault, f"no {token!r} here")


Answer = Callable[[Call], "Xml | Later"]
"""Makes what goes into the response element."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `version` is that of its specification."""

    name: str
    prefix: str
    path: str
    version: tuple[int, int]
    capabilities: Callable[[Call], Xml]
    """The element `Capabilities` of GetServiceCapabilities."""
    operations: Mapping[str, tuple[Access, Answer]]

    @property
    def namespace(self) -> str:
        """Namespace of its operations."""
        return NAMESPACES[self.prefix]

    def operation(self, name: str) -> tuple[Access, Answer]:
        """What an operation does, and who may call it.

        Raises:
            Fault: the service has none of this name.
        """
        if name == "GetServiceCapabilities":
            return Access.PRE_AUTH, self.capabilities
        try:
            return self.operations[name]
        except KeyError:
            raise not_supported(name) from None


def not_supported(name: str) -> Fault:
    """The fault of a call that the device does not know."""
    return Fault("Receiver", "ActionNotSupported", reason=f"{name[:60]} is not supported")


def wrong(subcode: str, reason: str) -> Fault:
    """The fault of an argument that makes no sense here."""
    return Fault("Sender", "InvalidArgVal", subcode, reason=reason)


def number(text: str, default: float = 0.0) -> float:
    """A number in a request.

    Raises:
        Fault: it is none, or not finite.
    """
    try:
        value = float(text) if text else default
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:
        raise wrong("InvalidArgs", f"{text[:40]!r} is not a number")
    return value


def name_of(text: str) -> Xml:
    """The element `tt:Name`."""
    return tag("tt:Name", text)
