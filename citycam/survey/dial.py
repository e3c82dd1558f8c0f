"""The one place where a survey opens a connection: within its scope, at its pace, two at a time to a device."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

from citycam.inventory.survey.pace import Pace
from citycam.inventory.survey.scope import Scope

MOST_AT_ONCE = 2
"""Connections to one device: small cameras serve four."""
_CHUNK = 64 * 1024
_FAREWELL_S = 2.0


def lenient_tls() -> ssl.SSLContext:
    """TLS as old as devices have it, with whatever certificate: it is looked at, nothing secret is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


class Line:
    """An open connection. `read` and `write` raise OSError, and TimeoutError after `timeout` seconds."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, timeout: float) -> None:
        self._reader = reader
        self._writer = writer
        self._timeout = timeout

    async def read(self, timeout: float = 0.0) -> bytes:
        """Some bytes; none at the end."""
        async with asyncio.timeout(timeout or self._timeout):
            return await self._reader.read(_CHUNK)

    async def write(self, data: bytes) -> None:
        """Send."""
        self._writer.write(data)
        async with asyncio.timeout(self._timeout):
            await self._writer.drain()

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session, if it is one."""
        found: ssl.SSLObject | None = self._writer.get_extra_info("ssl_object")
        return found

    async def close(self) -> None:
        """Close, and wait for the device to close: until then it counts the connection as open."""
        try:
            async with asyncio.timeout(_FAREWELL_S):
                if self._writer.can_write_eof():
                    self._writer.write_eof()
                    while await self._reader.read(_CHUNK):
                        pass
        except (OSError, TimeoutError, RuntimeError):
            pass
        finally:
            self._writer.transport.abort()


class Dialler:
    """Opens connections.

    Args:
        scope: where they may go.
        pace: how many a second.
        timeout: seconds to wait for anything.
    """

    def __init__(self, scope: Scope, pace: Pace, timeout: float) -> None:
        self.timeout = timeout
        self.opened = 0
        self._scope = scope
        self._pace = pace
        self._tls = lenient_tls()
        self._slots: dict[IPv4Address, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MOST_AT_ONCE))

    def check(self, address: IPv4Address) -> None:
        """Let an address pass, or not.

        Raises:
            PolicyViolation: the address is in no declared network.
        """
        self._scope.check(address)

    async def turn(self, address: IPv4Address) -> None:
        """Wait until the next packet may go out.

        Raises:
            PolicyViolation: the address is in no declared network.
        """
        self._scope.check(address)
        wait = self._pace.turn(asyncio.get_running_loop().time())
        if wait:
            await asyncio.sleep(wait)

    @asynccontextmanager
    async def connect(self, address: IPv4Address, port: int, *, tls: bool = False) -> AsyncIterator[Line]:
        """A connection, closed in order at the end.

        Raises:
            PolicyViolation: the address is in no declared network.
            OSError: refused, reset, no TLS.
            TimeoutError: no answer.
        """
        self._scope.check(address)
        async with self._slots[address]:
            await self.turn(address)
            self.opened += 1
            async with asyncio.timeout(self.timeout):
                reader, writer = await asyncio.open_connection(str(address), port, ssl=self._tls if tls else None)
            line = Line(reader, writer, self.timeout)
            try:
                yield line
            finally:
                await line.close()
