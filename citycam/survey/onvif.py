"""An ONVIF client on one kept connection: calls with a token by the device's own clock, or by HTTP Digest."""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from types import TracebackType
from xml.etree.ElementTree import Element

from citycam.inventory.network import Credentials
from citycam.inventory.survey.reading import challenges_of
from citycam.survey.dial import Dialler, Line
from citycam.wire import http, soap
from citycam.wire.digest import Challenge, authorization


class Unauthorized(Exception):
    """The device wants an account, or another one."""


class Onvif:
    """Calls at one port of a device; use as an asynchronous context manager."""

    def __init__(self, dialler: Dialler, address: IPv4Address, port: int) -> None:
        self.port = port
        self.server = ""
        self.ahead = timedelta()
        """The device's clock minus ours."""
        self._dialler = dialler
        self._address = address
        self._host = f"{address}:{port}"
        self._stack = AsyncExitStack()
        self._line: Line | None = None
        self._decoder = http.Decoder()
        self._digest: Challenge | None = None
        self._count = 0

    async def __aenter__(self) -> Onvif:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def call(self, target: str, body: str, account: Credentials | None = None, *, sure: bool = False) -> Element:
        """The envelope of the answer. `sure`: the device let this account in before, so that it may be shown twice.

        Raises:
            OSError, TimeoutError: no answer comes.
            HttpSyntaxError, SoapSyntaxError: what comes is none.
            Unauthorized: credentials are wanted, or are wrong.
            Fault: the device cannot do it.
        """
        token = ""
        if account is not None:
            at = datetime.now(UTC) + self.ahead
            token = soap.username_token(account.username, account.password, at, secrets.token_bytes(16))
        response = await self._post(target, soap.envelope(body, token), account)
        challenge = next((one for one in self._challenges(response) if one.scheme == "digest"), None)
        if response.status == 401 and sure and account is not None and self._digest is None and challenge is not None:
            self._digest, self._count = challenge, 0
            response = await self._post(target, soap.envelope(body), account)
        if response.status == 401:
            raise Unauthorized(response.reason)
        try:
            return soap.parse(response.body)
        except soap.Fault as fault:
            if fault.unauthorized:
                raise Unauthorized(str(fault)) from fault
            raise

    def _challenges(self, response: http.Response) -> list[Challenge]:
        return challenges_of(response.headers.all("WWW-Authenticate")) if response.status == 401 else []

    async def _post(self, target: str, body: bytes, account: Credentials | None) -> http.Response:
        headers = [("User-Agent", "citycam-survey")]
        if self._digest is not None and account is not None:
            self._count += 1
            value = authorization(
                self._digest,
                "POST",
                target,
                account.username,
                account.password,
                cnonce=secrets.token_hex(8),
                count=self._count,
            )
            headers.append(("Authorization", value))
        data = http.request("POST", self._host, target, headers, body, soap.KIND)
        kept = self._line is not None
        try:
            response = await self._exchange(data)
        except ConnectionError:
            if not kept or account is not None:
                raise
            await self._hang_up()  # it was tired of waiting
            response = await self._exchange(data)
        self.server = response.headers.get("Server") or self.server
        if not response.alive:
            await self._hang_up()
        return response

    async def _exchange(self, data: bytes) -> http.Response:
        if self._line is None:
            self._line = await self._stack.enter_async_context(self._dialler.connect(self._address, self.port))
            self._decoder = http.Decoder()
        await self._line.write(data)
        while True:
            piece = await self._line.read()
            found = self._decoder.feed(piece) if piece else self._decoder.end()
            if found is not None:
                return found
            if not piece:
                raise ConnectionResetError("it closed the connection")

    async def _hang_up(self) -> None:
        self._line = None
        await self._stack.aclose()
