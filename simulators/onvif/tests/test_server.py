"""The HTTP server on real sockets: one request after another, limits, time-outs, devices that are not there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from simulators.fleet.listener import listen
from simulators.onvif import server as server_module
from simulators.onvif.server import MOST_AT_A_HOST, Server, serve
from simulators.onvif.tests.devices import FakeEstate, FakeHost, camera, message, token

ASK = message("tds", "GetSystemDateAndTime")
PULL = "<q:Timeout>PT{}S</q:Timeout><q:MessageLimit>1</q:MessageLimit>"


def request(body: bytes, target: str = "/onvif/device_service", more: str = "") -> bytes:
    return f"POST {target} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 10)
        status = int(head.split(b" ")[1])
        lengths = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")]
        length = int(lengths[0].split(b":")[1]) if lengths else 0
        return status, await self.reader.readexactly(length)

    async def ended(self) -> bool:
        """Whether the device closes, one way or the other."""
        try:
            return not await asyncio.wait_for(self.reader.read(), 10)
        except ConnectionError:
            return True


Open = Callable[[], Awaitable[Client]]


def talk(host: FakeHost, conversation: Callable[[Open, Server], Awaitable[None]]) -> None:
    """Serve the host's estate on the loopback, and talk to it."""

    async def run() -> None:
        sock = listen(0)
        port = sock.getsockname()[1]
        host.estate.there = {host.address: host}
        served = await serve(sock, host.estate)

        async def connect() -> Client:
            return Client(*await asyncio.open_connection(host.address, port))

        try:
            await conversation(connect, served)
        finally:
            served.close()

    asyncio.run(run())


@contextmanager
def shorter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(server_module, "REQUEST_S", 0.05)
    monkeypatch.setattr(server_module, "IDLE_S", 0.05)
    yield


def local() -> FakeHost:
    host = camera()
    host.address = "127.19.250.1"
    return host


def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    async def conversation(connect: Open, _served: Server) -> None:
        client = await connect()
        client.send(request(ASK) + b"GET /nothing HTTP/1.1\r\n\r\n" + request(ASK, more="Connection: close\r\n"))
        assert [(await client.answer())[0] for _ in range(3)] == [200, 404, 200]
        assert await client.ended()

    talk(local(), conversation)


def test_a_client_that_waits_to_send_its_body_is_told_to() -> None:
    async def conversation(connect: Open, _served: Server) -> None:
        client = await connect()
        whole = request(ASK, more="Expect: 100-continue\r\n")
        client.send(whole[: -len(ASK)])
        assert (await client.answer())[0] == 100
        client.send(ASK)
        assert (await client.answer())[0] == 200

    talk(local(), conversation)


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000, b"\0" * 9000])
def test_what_is_no_request_ends_the_connection(data: bytes) -> None:
    async def conversation(connect: Open, _served: Server) -> None:
        client = await connect()
        client.send(data)
        assert (await client.answer())[0] in (400, 431)
        assert await client.ended()

    talk(local(), conversation)


@pytest.mark.parametrize("data", [b"", b"POST / HT", b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12"])
def test_a_client_that_stops_in_the_middle_is_not_waited_for(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        client.send(data)
        assert await client.ended()
        assert not served.connections

    with shorter(monkeypatch):
        talk(local(), conversation)


def test_a_client_that_sends_byte_after_byte_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        try:
            while served.connections or not client.reader.at_eof():
                client.send(b"A")
                await client.writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        assert not served.connections

    with shorter(monkeypatch):
        talk(local(), conversation)


def test_an_address_without_a_device_has_no_port() -> None:
    async def conversation(connect: Open, served: Server) -> None:
        served.estate.there.clear()  # type: ignore[attr-defined]
        try:
            client = await connect()
            client.send(request(ASK))
            assert await client.ended()
        except ConnectionError:
            pass
        assert not served.connections

    talk(local(), conversation)


def test_a_device_that_went_away_answers_no_more() -> None:
    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        client.send(request(ASK))
        assert (await client.answer())[0] == 200
        served.estate.there.clear()  # type: ignore[attr-defined]
        client.send(request(ASK))
        assert await client.ended()

    talk(local(), conversation)


def test_a_silent_device_keeps_the_connection_and_says_nothing() -> None:
    host = local()
    host.silent = True

    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        client.send(request(ASK))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.2)
        assert len(served.connections) == 1

    talk(host, conversation)


def test_a_device_has_only_so_many_connections() -> None:
    async def conversation(connect: Open, served: Server) -> None:
        clients = [await connect() for _ in range(MOST_AT_A_HOST)]
        for client in clients:
            client.send(request(ASK))
            assert (await client.answer())[0] == 200
        try:
            one_more = await connect()
            one_more.send(request(ASK))
            assert await one_more.ended()
        except ConnectionError:
            pass
        clients[0].writer.close()
        await clients[0].writer.wait_closed()
        while len(served.connections) == MOST_AT_A_HOST:
            await asyncio.sleep(0)
        again = await connect()
        again.send(request(ASK))
        assert (await again.answer())[0] == 200

    talk(local(), conversation)


def test_a_client_that_asks_without_reading_is_thrown_out() -> None:
    async def conversation(connect: Open, _served: Server) -> None:
        client = await connect()
        client.send(request(ASK) * 50)
        while True:
            try:
                await client.answer()
            except (asyncio.IncompleteReadError, ConnectionError):
                break

    talk(local(), conversation)


class Living(FakeEstate):
    """An estate whose time goes on."""

    def now_ns(self) -> int:
        return time.time_ns()


def test_a_long_poll_waits_and_a_client_that_leaves_is_forgotten() -> None:
    host = Living().add(address="127.19.250.1")

    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        client.send(request(message("tev", "CreatePullPointSubscription", "", token(host))))
        status, body = await client.answer()
        assert status == 200
        target = "/onvif/subscription/" + body.split(b"/onvif/subscription/")[1].split(b"<")[0].decode()
        for seconds in (0.1, 0.1):  # first how things stand, then most likely nothing
            client.send(request(message("tev", "PullMessages", PULL.format(seconds), token(host)), target))
            assert (await client.answer())[0] == 200
        client.send(request(message("tev", "PullMessages", PULL.format(50), token(host)), target))
        await client.writer.drain()
        client.writer.transport.abort()
        while served.connections:
            await asyncio.sleep(0)

    talk(host, conversation)


def test_connections_are_ended_with_the_server() -> None:
    async def conversation(connect: Open, served: Server) -> None:
        client = await connect()
        client.send(request(ASK))
        await client.answer()
        served.close()
        assert await client.ended()
        with pytest.raises(OSError, match=r"refused|Connect"):
            await connect()

    talk(local(), conversation)
