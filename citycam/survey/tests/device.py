"""A device of a test: listens on the loopback, answers as it is told, and counts how it is treated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from citycam.inventory.network import Credentials
from citycam.inventory.survey.accounts import Accounts, Attempts
from citycam.inventory.survey.pace import Pace
from citycam.inventory.survey.scope import scope_of
from citycam.inventory.survey.services import Services
from citycam.survey.dial import Dialler
from citycam.survey.visitor import Visitor
from citycam.wire.rtsp import Decoder, Headers, Request, Response

HERE = IPv4Address("127.0.0.1")
Answer = Callable[[Request], Response | bytes | None]


def reply(status: int, request: Request, *headers: tuple[str, str], body: bytes = b"") -> Response:
    return Response(status, "x", Headers([("CSeq", request.headers.get("CSeq") or "0"), *headers]), body)


@dataclass
class Device:
    """`answer` makes an answer of a request: bytes are sent as they are, None ends the connection."""

    answer: Answer
    port: int = 0
    logins: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0
    slow_to_close: asyncio.Event | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        decoder = Decoder()
        try:
            while data := await reader.read(65536):
                for message in decoder.feed(data):
                    if not isinstance(message, Request):
                        continue
                    if login := message.headers.get("Authorization"):
                        self.logins.append(login)
                    answer = self.answer(message)
                    if answer is None:
                        return
                    writer.write(answer if isinstance(answer, bytes) else answer.encode())
            if self.slow_to_close is not None:
                await self.slow_to_close.wait()
        finally:
            self.now -= 1
            writer.close()


@asynccontextmanager
async def listening(answer: Answer) -> AsyncIterator[Device]:
    device = Device(answer)
    server = await asyncio.start_server(device.serve, str(HERE), 0)
    device.port = server.sockets[0].getsockname()[1]
    try:
        yield device
    finally:
        server.close()


def visitor(device: Device, *accounts: tuple[str, str], kind: str = "rtsp", timeout: float = 2.0) -> Visitor:
    """Somebody who looks at this port alone."""
    scope = scope_of(["127.0.0.1/32"])
    services = Services.model_validate({"schema_version": 1, "services": [{"port": device.port, "kind": kind}]})
    entries = tuple((scope.collapsed[0], Credentials(*account)) for account in accounts)
    return Visitor(
        Dialler(scope, Pace(10_000, 100), timeout), services, Accounts(entries), Attempts(), None, seconds=1.0
    )
