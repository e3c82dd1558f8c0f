"""What is fuzzed: each target takes any bytes, and fails if a parser raises what it must not or breaks a promise."""

from __future__ import annotations

import inspect
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple
from xml.sax.saxutils import escape

import atheris  # type: ignore[import-untyped]

from citycam.wire import sdp as sdp_wire
from citycam.wire.digest import Challenge, authorization, verify
from citycam.wire.rtsp import Decoder, Message, Response, RtspSyntaxError
from citycam.wire.transport import parse_session, parse_transports
from simulators.onvif import device, events, media, media2, ptz, recordings
from simulators.onvif import soap as soap_wire
from simulators.onvif.endpoint import Pending, answer, offered
from simulators.onvif.http import Decoder as HttpDecoder
from simulators.onvif.http import HttpError
from simulators.onvif.http import Request as HttpRequest
from simulators.onvif.http import Response as HttpResponse
from simulators.onvif.tests import devices
from simulators.rtsp.conversation import MAX_BODY, MAX_HEADER, Conversation
from simulators.rtsp.device import AuthKind
from simulators.rtsp.tests.test_conversation import Box, Recorder

URL = "rtsp://198.18.64.1/live/1"


class Target(NamedTuple):
    """A function of any bytes, and some to begin with."""

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def pieces(data: bytes) -> list[bytes]:
    """Cut as the first byte says: a network cuts anywhere."""
    first = data[0] if data else 0
    step = 1 + first if first < 4 else 16 * (1 + first)
    return [data[at : at + step] for at in range(1, len(data), step)]


def rtsp(data: bytes) -> None:
    """A camera's side of a connection: whatever comes, it answers in RTSP or closes, and keeps its state in order."""
    delivery, auth = Recorder(sound=True), _AUTHS[len(data) % len(_AUTHS)]
    conversation = Conversation(Box(auth), delivery)
    for piece in pieces(data):
        answers, alive = conversation.receive(piece)
        for one in Decoder(1 << 20, 1 << 20).feed(answers):
            assert isinstance(one, Response), one
        assert alive >= 0
        assert bool(conversation.session) == (conversation.state != "init")
        assert len(conversation.decoder._buffer) <= MAX_HEADER + MAX_BODY + 65_539 + len(piece)
        if conversation.closing:
            break
    assert delivery.asked.count("start") <= 1 + sum(one != "start" for one in delivery.asked)
    assert auth == "none" or "start" not in delivery.asked, "nobody knows the password"


_AUTHS: tuple[AuthKind, ...] = ("none", "none", "basic", "digest")


def messages(data: bytes) -> None:
    """The decoder: the same messages however they are cut, and what it gives can be sent and read again."""
    cut, whole = _decoded(pieces(data)), _decoded([data[1:]])
    assert cut[1] == whole[1]
    if not whole[1]:
        assert cut[0] == whole[0]
        sent = b"".join(message.encode() for message in whole[0])
        again, error = _decoded([sent], 1 << 20)
        assert (len(again), error) == (len(whole[0]), 0)


def _decoded(parts: list[bytes], limit: int = 4096) -> tuple[list[Message], int]:
    decoder = Decoder(limit, limit)
    found: list[Message] = []
    try:
        for part in parts:
            found += decoder.feed(part)
    except RtspSyntaxError as error:
        return found, error.status
    return found, 0


def sdp(data: bytes) -> None:
    """Session descriptions."""
    try:
        session = sdp_wire.parse(data.decode("utf-8", "surrogateescape"))
    except sdp_wire.SdpSyntaxError:
        return
    for one in session.media:
        assert one.clock_rate > 0
        assert 0 <= one.payload_type <= 127
        assert all(isinstance(part, bytes) for part in (*one.parameter_sets, one.config))
        assert isinstance(one.codec, str)
        sdp_wire.control_url(URL, one.control)


def headers(data: bytes) -> None:
    """Transport, Session, WWW-Authenticate and Authorization."""
    text = data.decode("utf-8", "surrogateescape")
    for spec in parse_transports(text):
        assert parse_transports(spec.encode()) == [spec]
    parse_session(text)
    asked = Challenge("digest", "IP Camera", "0123456789abcdef")
    assert not verify(asked, text, "PLAY", "admin", "secret")
    assert not verify(Challenge("basic", "IP Camera"), text, "PLAY", "admin", "secret" * 4)
    try:
        challenge = Challenge.parse(text)
    except ValueError:
        return
    assert Challenge.parse(challenge.header()) == challenge
    given = authorization(challenge, "PLAY", URL, "admin", "secret", cnonce="0a4f113b")
    assert verify(challenge, given, "PLAY", "admin", "secret")


def http(data: bytes) -> None:
    """HTTP requests, however they are cut, and what a device answers to them."""
    decoder, host = HttpDecoder(), devices.camera()
    try:
        for piece in pieces(data):
            for request in decoder.feed(piece):
                _answered(host, request)
    except HttpError as refusal:
        HttpResponse(refusal.status).encode("", keep_alive=False)


def soap(data: bytes) -> None:
    """SOAP: what reads messages, and what a device answers to them."""
    with suppress(soap_wire.Fault):
        assert all(isinstance(part, str) for part in soap_wire.parse(data).operation)
    for host in (devices.camera(), devices.recorder()):
        host.auth, host.accounts = "none", ()
        _answered(host, HttpRequest("POST", "/onvif/device_service", {}, data))


def operations(data: bytes) -> None:
    """Every operation, asked by the administrator with elements that some operation knows, and any text in them."""
    given = atheris.FuzzedDataProvider(data)
    host = (devices.camera, devices.recorder)[given.ConsumeIntInRange(0, 1)]()
    services = [service for service in offered(host.equipment) if service.operations]
    service = services[given.ConsumeIntInRange(0, len(services) - 1)]
    names = sorted(service.operations)
    inner = ""
    for _ in range(given.ConsumeIntInRange(0, 4)):
        path = _PATHS[given.ConsumeIntInRange(0, len(_PATHS) - 1)].split("/")
        text = escape("".join(filter(str.isprintable, given.ConsumeUnicodeNoSurrogates(12))))
        inner += "".join(f'<tt:{name} token="{_TEXTS[len(text) % len(_TEXTS)]}" x="{len(text)}">' for name in path)
        inner += text or _TEXTS[given.ConsumeIntInRange(0, len(_TEXTS) - 1)]
        inner += "".join(f"</tt:{name}>" for name in reversed(path))
    operation = names[given.ConsumeIntInRange(0, len(names) - 1)]
    asked = devices.message(service.prefix, operation, inner, devices.token(host))
    _answered(host, HttpRequest("POST", "/onvif/device_service", {}, asked))


_SOURCES = (device, events, media, media2, ptz, recordings)
_PATHS = sorted(
    {name for one in _SOURCES for name in re.findall(r'"([A-Z]\w+(?:/[A-Z]\w+)*)"', inspect.getsource(one))}
)
_TEXTS = ("main-1", "source-1", "1", "-1e309", "PT5S", "P9999Y", "true", "9999-12-31T23:59:59Z", "NaN", "admin", "0")


def _answered(host: devices.FakeHost, request: HttpRequest) -> None:
    found = answer(host.estate, host, request)
    if not isinstance(found, Pending):
        assert found.encode("", keep_alive=True).startswith(b"HTTP/1.1 ")


class _Failures(logging.Handler):
    """A device that fails answers 500 and logs why: here that is a failure."""

    def emit(self, record: logging.LogRecord) -> None:
        raise record.exc_info[1] if record.exc_info and record.exc_info[1] else AssertionError(record.getMessage())


def hear_failures() -> None:
    """From now on what a device logs as its own failure is raised; for a process that does nothing but fuzz."""
    logging.getLogger("simulators.onvif").addHandler(_Failures())


def planted(data: bytes) -> None:
    """A fault, for the test of the fuzzer itself."""
    assert b"session" not in data, "planted"


_DIALOGUE = "".join(
    f"{method} {url} RTSP/1.0\r\nCSeq: {number}\r\n{more}\r\n"
    for number, (method, url, more) in enumerate(
        [
            ("OPTIONS", "*", "User-Agent: VLC\r\n"),
            ("DESCRIBE", URL, "Accept: application/sdp\r\n"),
            ("SETUP", f"{URL}/trackID=1", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"),
            ("SETUP", f"{URL}/trackID=2", "Transport: RTP/AVP;unicast;client_port=5000-5001\r\n"),
            ("PLAY", URL, "Session: 0\r\nRange: npt=0.000-\r\n"),
            ("SET_PARAMETER", URL, "Content-Length: 4\r\n\r\nx: y"),
            ("TEARDOWN", URL, "Session: 0\r\n"),
        ],
        1,
    )
).encode()
_DESCRIPTION = sdp_wire.describe(
    address="198.18.64.1",
    name="Camera",
    session_id=7,
    tracks=(
        sdp_wire.Track("h265", "trackID=1", 96, sets=(b"\x40\x01v", b"\x42\x01" + bytes(15), b"\x44\x01p"), fps=15),
        sdp_wire.Track("aac", "trackID=2", 97, rate=16_000, config=b"\x14\x08"),
    ),
).encode()
_AUTHORIZATIONS = (
    b'Digest username="admin", realm="IP Camera", nonce="0123456789abcdef", uri="rtsp://a/", response="00", qop=auth',
    b"Basic YWRtaW46c2VjcmV0",
    b'Digest realm="IP \\"Camera\\"", nonce="00ff", algorithm=SHA-256, qop="auth,auth-int", stale=TRUE, opaque="x"',
    b"RTP/AVP;multicast;destination=239.128.0.2;port=20000-20001;ttl=1,RTP/AVP/TCP;interleaved=0-1;ssrc=0000ABCD",
    b"47112344 ; Timeout = 60",
)
_SOAP = tuple(
    devices.message(prefix, operation, inner)
    for prefix, operation, inner in [
        ("tds", "GetCapabilities", "<tds:Category>All</tds:Category>"),
        ("tds", "CreateUsers", "<tds:User><tt:Username>a</tt:Username><tt:UserLevel>User</tt:UserLevel></tds:User>"),
        ("tds", "SetSystemDateAndTime", "<tds:DateTimeType>Manual</tds:DateTimeType>"),
        ("trt", "GetStreamUri", "<trt:ProfileToken>main_1</trt:ProfileToken>"),
        ("tr2", "GetProfiles", "<tr2:Type>All</tr2:Type>"),
        ("tptz", "AbsoluteMove", '<tptz:Position><tt:PanTilt x="1" y="-1e9"/></tptz:Position>'),
        ("tptz", "ContinuousMove", "<tptz:Timeout>PT5S</tptz:Timeout>"),
        ("tev", "CreatePullPointSubscription", "<tev:InitialTerminationTime>PT60S</tev:InitialTerminationTime>"),
        ("tse", "GetRecordingSummary", ""),
    ]
)
_HTTP = tuple(
    b"\x40" + head + b"\r\n\r\n" + body
    for head, body in [
        (b"GET /snapshot/1.jpg?a=b HTTP/1.1\r\nHost: camera\r\nAuthorization: Basic YTpi", b""),
        (b"POST /onvif/device_service HTTP/1.1\r\nContent-Length: %d" % len(_SOAP[0]), _SOAP[0]),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue", b"4;x=y\r\nbody\r\n0\r\n\r\n"),
    ]
)

TARGETS = {
    "rtsp": Target(rtsp, (b"\xff" + _DIALOGUE, b"\x07" + _DIALOGUE, b"\x10$\x01\x00\x04RTCP" + _DIALOGUE)),
    "messages": Target(
        messages, (b"\x20" + _DIALOGUE, b"\x20RTSP/1.0 200 OK\r\nCSeq: 1\r\nX: a\r\n b\r\n\r\n$\0\0\1x")
    ),
    "sdp": Target(sdp, (_DESCRIPTION,)),
    "headers": Target(headers, _AUTHORIZATIONS),
    "http": Target(http, _HTTP),
    "soap": Target(soap, _SOAP),
    "operations": Target(operations, tuple(bytes(range(start, start + 64)) for start in range(0, 192, 32))),
}
PLANTED = {"planted": Target(planted, (b"",))}
