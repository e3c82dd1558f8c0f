"""An estate of two devices without a network: a PTZ camera and a recorder; and a client that writes what is asked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from simulators.onvif.endpoint import Pending, answer
from simulators.onvif.equipment import Equipment
from simulators.onvif.estate import AuthKind, Channel, Sound, User, Video
from simulators.onvif.http import Request, Response
from simulators.onvif.soap import NAMESPACES, instant
from simulators.onvif.state import State
from simulators.onvif.tests import schemas

SECOND = 1_000_000_000
START = 1_780_000_000 * SECOND
"""2026-05-28T20:26:40Z."""
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
PLATE = Equipment(
    manufacturer="Test Works",
    product="T-1000",
    firmware="1.2.3",
    hardware="7",
    profiles=("S", "T"),
    server="gSOAP/2.8",
    snapshot="/snapshot/{channel}.jpg",
    ptz=True,
    events=True,
    discovery=True,
    days=30,
    token_window=300.0,
    boot=30.0,
)
MAIN = Video("/live/1", "h264", 704, 576, 10, 256_000, 20)
SUB = Video("/live/1/sub", "h264", 352, 288, 5, 64_000, 10, "Baseline")


@dataclass
class FakeHost:
    """A device; `error_ns` is how wrong its clock is."""

    estate: FakeEstate
    address: str = "198.18.64.1"
    serial: str = "A1"
    mac: str = "02:00:00:00:00:01"
    auth: AuthKind = "digest"
    realm: str = "IP Camera"
    equipment: Equipment = PLATE
    state: State = field(default_factory=State)
    silent: bool = False
    error_ns: int = 0
    rebooted: int = 0
    accounts: Sequence[User] = (User("admin", "geheim"), User("guard", "pst", "Operator"), User("eye", "look", "User"))
    offered: Sequence[Channel] = (Channel(1, "cam-000001", MAIN, SUB, Sound("pcma", 8000)),)
    pictures: dict[int, bytes] = field(default_factory=lambda: {1: b"\xff\xd8 one"})

    def channels(self) -> Sequence[Channel]:
        return self.offered

    def clock_ns(self) -> int:
        return self.estate.now + self.error_ns

    def set_clock(self, ns: int) -> None:
        self.error_ns = ns - self.estate.now

    def users(self) -> Sequence[User]:
        return self.accounts

    def set_users(self, users: Sequence[User]) -> None:
        self.accounts = users

    def reboot(self) -> None:
        self.rebooted += 1

    def snapshot(self, channel: int) -> bytes | None:
        return self.pictures.get(channel)

    def secret(self, purpose: str) -> str:
        return hashlib.sha256(f"{purpose}:{self.serial}".encode()).hexdigest()[:24]


@dataclass
class FakeEstate:
    """The devices, and the time, which goes on only when a test says so."""

    now: int = START
    rtsp_port: int = 554
    http_port: int = 80
    seed: int = 0
    there: dict[str, FakeHost] = field(default_factory=dict)

    def now_ns(self) -> int:
        return self.now

    def host(self, address: str) -> FakeHost | None:
        return self.there.get(address)

    def hosts(self) -> Iterable[FakeHost]:
        return list(self.there.values())

    def add(self, **about: Any) -> FakeHost:
        host = FakeHost(self, **about)
        self.there[host.address] = host
        return host


def camera() -> FakeHost:
    """A PTZ camera with sound and a second stream."""
    return FakeEstate().add()


def recorder(channels: int = 4) -> FakeHost:
    """A recorder with Profile G."""
    plate = replace(PLATE, profiles=("S", "T", "G"), ptz=False, product="R-4")
    offered = [
        Channel(number, f"cam-00010{number}", replace(MAIN, path=f"/ch{number}")) for number in range(1, channels + 1)
    ]
    return FakeEstate().add(address="198.18.64.9", serial="R9", equipment=plate, offered=offered)


def token(
    host: FakeHost, name: str = "admin", password: str = "geheim", *, age_s: float = 0, nonce: bytes = b""
) -> str:
    """A WS-UsernameToken with a digest, made by a client that knows the device's clock."""
    host.estate.now += 1_000_000  # no two tokens of a test are the same
    nonce = nonce or host.estate.now.to_bytes(8, "big")
    created = instant(host.clock_ns() - int(age_s * SECOND))
    digest = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    kind = f"{WSS}username-token-profile-1.0#PasswordDigest"
    return security(name, f'<w:Password Type="{kind}">{digest}</w:Password>', nonce, created)


def security(name: str, password: str, nonce: bytes, created: str) -> str:
    """A Security header block."""
    return (
        f'<w:Security xmlns:w="{WSS}wssecurity-secext-1.0.xsd" xmlns:u="{WSS}wssecurity-utility-1.0.xsd">'
        f"<w:UsernameToken><w:Username>{name}</w:Username>{password}"
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce><u:Created>{created}</u:Created>"
        "</w:UsernameToken></w:Security>"
    )


def message(prefix: str, operation: str, inner: str = "", header: str = "") -> bytes:
    """An envelope; `inner` may use the prefixes of `NAMESPACES` and `q:` for the operation's own."""
    declared = " ".join(f'xmlns:{name}="{uri}"' for name, uri in {**NAMESPACES, "q": NAMESPACES[prefix]}.items())
    return (
        f"<env:Envelope {declared}><env:Header>{header}</env:Header>"
        f"<env:Body><q:{operation}>{inner}</q:{operation}></env:Body></env:Envelope>"
    ).encode()


def post(host: FakeHost, body: bytes, target: str = "/onvif/device_service", **headers: str) -> Response | Pending:
    """Send a request."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answer(host.estate, host, Request("POST", target, named, body))


def ask(
    host: FakeHost, prefix: str, operation: str, inner: str = "", *, target: str = "/onvif/device_service"
) -> Element:
    """Call an operation as the administrator; the response element. Time goes on until there is one."""
    found = post(host, message(prefix, operation, inner, token(host)), target)
    while isinstance(found, Pending):
        host.estate.now = max(host.estate.now, found.at_ns)
        found = found.then()
    body = _body(found)
    assert found.status == 200, found.body.decode()
    assert body.tag == f"{{{NAMESPACES[prefix]}}}{operation}Response"
    schemas.check(prefix, found.body)
    return body


def refused(found: Response | Pending) -> list[str]:
    """Status, code and subcodes of a fault: `["400", "env:Sender", "ter:NotAuthorized"]`."""
    assert isinstance(found, Response)
    fault = _body(found)
    assert fault.tag == f"{{{NAMESPACES['env']}}}Fault"
    return [str(found.status), *(value.text or "" for value in fault.iter(f"{{{NAMESPACES['env']}}}Value"))]


def refusal(host: FakeHost, prefix: str, operation: str, inner: str = "") -> list[str]:
    """Why a call of the administrator is refused."""
    return refused(post(host, message(prefix, operation, inner, token(host))))


def _body(found: Response) -> Element:
    root: Element = fromstring(found.body)
    body = root.find(f"{{{NAMESPACES['env']}}}Body")
    assert body is not None
    return body[0]


def texts(element: Element, name: str) -> list[str]:
    """Texts of all elements below, of this name."""
    return [found.text or "" for found in element.iter() if found.tag.rpartition("}")[2] == name]


def text(element: Element, name: str) -> str:
    """Text of the first one."""
    return texts(element, name)[0]
