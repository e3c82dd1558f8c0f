"""A fleet in this process, and a viewer that keeps every frame it is sent."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from citycam.model.credentials import camera_password
from citycam.wire import h264, rtp, watermark
from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtsp import Decoder, Frame, Headers, Message, Request, Response
from citycam.wire.watermark import Watermark
from simulators.fleet.bench import free_port
from simulators.fleet.fleet import Fleet
from simulators.fleet.ports import Ports
from simulators.fleet.tests.clips import make_clip
from simulators.rtsp.device import Device, Stream
from simulators.rtsp.feed import Clock, Feed
from simulators.rtsp.tests import test_conversation

KEY = b"key of a test"
FPS, GOP = 25, 5
PATIENCE_S = 20.0
DIALECT = replace(test_conversation.DIALECT, max_sessions=2, max_connections=4)


def make_devices(count: int, **dialect: Any) -> list[Device]:
    """Cameras of one clip, in different phases."""
    chosen = replace(DIALECT, **dialect)
    return [
        Device(
            id=f"cam-{number:06d}",
            number=number,
            serial=f"S{number}",
            address=f"127.18.98.{number}",
            auth="digest" if number % 2 else "basic",
            username="admin",
            main=Stream("/live", 256_000, Feed("clip", number % 5)),
            sub=None,
            clock=Clock(),
            dialect=chosen,
        )
        for number in range(1, count + 1)
    ]


@asynccontextmanager
async def open_fleet(root: Path, devices: list[Device], *, size: int = 200) -> AsyncIterator[Fleet]:
    """A fleet of these cameras until the block ends."""
    make_clip(root / "media" / "clip", fps=FPS, gop=GOP, size=size)
    fleet = Fleet(root, KEY, Ports(rtsp=free_port(), rtsps=0))
    fleet.open()
    fleet.replace(devices)
    try:
        yield fleet
    finally:
        fleet.close()


def run(test: Awaitable[None]) -> None:
    """Run a test that is a coroutine, with a limit."""

    async def limited() -> None:
        async with asyncio.timeout(60):
            await test

    asyncio.run(limited())


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition; say what was waited for if it does not come."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while not condition():
        assert loop.time() < deadline, f"{what}: not within {PATIENCE_S:.0f} s"
        await asyncio.sleep(0.01)


def ledger_of(path: Path) -> list[dict[str, Any]]:
    """Records of a ledger."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def sent_frames(path: Path, camera: str) -> list[int]:
    """Frames that the ledger says were sent, in its order."""
    spans = [record for record in ledger_of(path) if record["kind"] == "span" and record["camera"] == camera]
    return [frame for span in spans for frame in range(span["first"], span["last"] + 1)]


@dataclass
class Viewer:
    """One connection to a camera. `marks` and `sequences` grow while it plays."""

    device: Device
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    marks: list[Watermark] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    session: str = ""
    _number: int = 0
    _challenge: Challenge | None = None
    _decoder: Decoder = field(default_factory=Decoder)
    _depacketizer: h264.Depacketizer = field(default_factory=h264.Depacketizer)

    @classmethod
    async def connect(cls, fleet: Fleet, device: Device) -> Viewer:
        """Open the connection; its buffer is small, so that a viewer that stops reading is soon a slow one."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        await asyncio.get_running_loop().sock_connect(sock, (device.address, fleet.ports.rtsp))
        return cls(device, *await asyncio.open_connection(sock=sock))

    def pause(self) -> None:
        """Take nothing from the socket until `resume`."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]

    def resume(self) -> None:
        """Read again."""
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]

    @property
    def frames(self) -> list[int]:
        """Frame numbers so far."""
        return [mark.frame for mark in self.marks]

    async def play(self) -> Viewer:
        """DESCRIBE, SETUP and PLAY by TCP."""
        for method, *headers in (
            ("DESCRIBE",),
            ("SETUP", ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")),
            ("PLAY",),
        ):
            response = await self.ask(method, *headers)
            assert response.status == 200, f"{method}: {response.status} {response.reason}"
        return self

    async def ask(self, method: str, *headers: tuple[str, str]) -> Response:
        """One request, once more with credentials if it is refused for their lack."""
        response = await self._exchange(method, headers)
        found = response.headers.get("WWW-Authenticate")
        if response.status == 401 and self._challenge is None and found:
            self._challenge = Challenge.parse(found)
            response = await self._exchange(method, headers)
        self.session = (response.headers.get("Session") or self.session).partition(";")[0]
        return response

    async def watch(self, count: int) -> list[int]:
        """Go on until `count` more frames have come; their numbers."""
        before = len(self.marks)
        while len(self.marks) < before + count:
            await self._receive()
        return self.frames[before : before + count]

    async def ended(self) -> bool:
        """Read until the camera closes the connection."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), PATIENCE_S):
                pass
        except ConnectionError:
            return True
        return True

    async def leave(self) -> None:
        """Close the connection."""
        self.writer.close()

    async def _exchange(self, method: str, headers: tuple[tuple[str, str], ...]) -> Response:
        self.send(method, *headers)
        while True:
            for message in await self._receive():
                if isinstance(message, Response):
                    return message

    def send(self, method: str, *headers: tuple[str, str]) -> None:
        """One request, whose answer is not waited for."""
        self._number += 1
        url = f"rtsp://{self.device.address}{self.device.main.path}"
        pairs = [("CSeq", str(self._number)), *headers]
        if self.session:
            pairs.append(("Session", self.session))
        if self._challenge is not None:
            credentials = (self.device.username, camera_password(KEY, self.device.serial))
            pairs.append(("Authorization", authorization(self._challenge, method, url, *credentials)))
        self.writer.write(Request(method, url, Headers(pairs)).encode())

    async def _receive(self) -> list[Message]:
        data = await asyncio.wait_for(self.reader.read(65536), PATIENCE_S)
        if not data:
            raise ConnectionError("the camera has closed the connection")
        messages = list(self._decoder.feed(data))
        for message in messages:
            if isinstance(message, Frame) and message.channel == 0:
                self._keep(rtp.Packet.parse(message.payload))
        return messages

    def _keep(self, packet: rtp.Packet) -> None:
        self.sequences.append(packet.sequence)
        for unit in self._depacketizer.feed(packet):
            mark = next(mark for mark in map(watermark.read, unit.units) if mark is not None)
            slices = [piece for piece in unit.units if piece[0] & 0x1F in (1, 5)]
            assert mark.media == watermark.media_check(slices)
            self.marks.append(mark)
