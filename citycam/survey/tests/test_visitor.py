"""Odd and hostile devices: nothing they say harms a survey, and a survey does no harm to them."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

import pytest

from citycam.inventory.survey.accounts import MOST_WRONG
from citycam.inventory.survey.visit import Visit
from citycam.model.errors import PolicyViolation
from citycam.survey.dial import MOST_AT_ONCE
from citycam.survey.tests.device import HERE, Answer, Device, listening, reply, visitor
from citycam.wire.rtsp import Request, Response

CHALLENGE = ("WWW-Authenticate", 'Basic realm="x"')


def visited(answer: Answer, *accounts: tuple[str, str], kind: str = "rtsp") -> tuple[Visit, Device]:
    async def run() -> tuple[Visit, Device]:
        async with listening(answer) as device:
            return await visitor(device, *accounts, kind=kind).visit(HERE), device

    return asyncio.run(run())


def refusing(request: Request) -> Response:
    return reply(200, request) if request.method == "OPTIONS" else reply(401, request, CHALLENGE)


def test_few_users_are_tried_and_each_once() -> None:
    accounts = [("a", "1"), ("a", "2"), ("b", "1"), ("c", "1"), ("d", "1"), ("e", "1")]
    visit, device = visited(refusing, *accounts)
    assert len(device.logins) == len(set(device.logins)) == MOST_WRONG
    assert visit.refused == ("a", "b", "c")
    assert visit.facts["auth"].value == ["basic"]
    assert visit.username == ""


def test_without_an_account_none_is_made_up() -> None:
    visit, device = visited(refusing)
    assert device.logins == []
    assert "RTSP: it wants an account" in visit.notes


def test_an_old_nonce_is_no_wrong_password() -> None:
    seen: list[str] = []

    def answer(request: Request) -> Response:
        login = request.headers.get("Authorization")
        if request.method == "OPTIONS":
            return reply(200, request)
        if login is None or len(seen) == 0:
            seen.extend([login] if login else [])
            stale = ", stale=true" if login else ""
            return reply(401, request, ("WWW-Authenticate", f'Digest realm="x", nonce="n{len(seen)}"{stale}'))
        seen.append(login)
        return reply(404, request)

    visit, _ = visited(answer, ("admin", "right"))
    assert visit.refused == ()
    assert visit.username == "admin"
    assert 'nonce="n1"' in seen[1]


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"RTSP/1.0 200 OK\r\n" + b"X: " + b"y" * 40_000,
        b"RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        bytes(range(256)) * 100,
    ],
)
def test_what_is_no_rtsp_is_an_open_port_that_does_not_speak_it(said: bytes) -> None:
    visit, _ = visited(lambda _: said)
    assert [(one.speaks, one.kind.value) for one in visit.ports] == [(False, "rtsp")]


def test_a_device_that_hangs_up_is_not_there() -> None:
    visit, _ = visited(lambda _: None)
    assert not visit.present


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"\xff\xfe",
        b"v=0\r\n",
        b"v=0\r\nm=audio 0 RTP/AVP 0\r\n",
        b"m=video x\r\n",
        b"m=video 0 RTP/AVP 96\r\n" * 40,
    ],
)
def test_a_description_that_is_none_is_told_of(description: bytes) -> None:
    def answer(request: Request) -> Response:
        return reply(200, request, ("Content-Type", "application/sdp"), body=description)

    visit, _ = visited(answer)
    assert visit.present
    assert visit.facts["auth"].value == ["none"]
    assert all(stream.trouble for stream in visit.streams)


def test_nobody_follows_a_redirection() -> None:
    def answer(request: Request) -> Response:
        if request.method == "OPTIONS":
            return reply(200, request)
        return reply(302, request, ("Location", "rtsp://10.9.9.9:554/live"))

    visit, _ = visited(answer)
    assert any("10.9.9.9" in note for note in visit.notes)


def test_an_address_outside_is_refused_before_anything_is_sent() -> None:
    async def run() -> None:
        async with listening(refusing) as device:
            somebody = visitor(device)
            with pytest.raises(PolicyViolation):
                await somebody.visit(IPv4Address("127.0.0.2"))
            with pytest.raises(PolicyViolation):
                async with somebody.dialler.connect(IPv4Address("127.0.0.2"), device.port):
                    pass
            assert (somebody.dialler.opened, device.most) == (0, 0)

    asyncio.run(run())


def test_a_connection_counts_until_the_device_has_closed_it() -> None:
    async def run() -> int:
        async with listening(refusing) as device:
            device.slow_to_close = asyncio.Event()
            somebody = visitor(device)

            async def call() -> None:
                async with somebody.dialler.connect(HERE, device.port):
                    pass

            calls = [asyncio.ensure_future(call()) for _ in range(6)]
            while device.now < MOST_AT_ONCE:
                await asyncio.sleep(0)
            device.slow_to_close.set()
            await asyncio.gather(*calls)
            return device.most

    assert asyncio.run(run()) == MOST_AT_ONCE


@pytest.mark.parametrize("kind", ["http", "rtsps", "https", "telnet", "open"])
def test_whatever_port_it_is_garbage_is_survived(kind: str) -> None:
    visit, device = visited(lambda _: b"\x00\xff garbage \r\n\r\n" * 10, ("admin", "x"), kind=kind)
    assert visit.address == HERE
    assert device.most <= MOST_AT_ONCE
    assert device.logins == []
