"""A fleet in this process, and a viewer that keeps every frame it is sent."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from citycam.model.credentials import camera_password
from citycam.wire import rtp, sdp, watermark
from citycam.wire.digest import Challenge, authorization
from citycam.wire.payloads import depacketizer
from citycam.wire.pictures import AccessUnit, Depacketizer
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
async def open_fleet(
    root: Path, devices: list[Device], *, size: int = 200, tls: bool = False, **clips: dict[str, Any]
) -> AsyncIterator[Fleet]:
    """A fleet of these cameras until the block ends; `clips` are further ones by name, with what is special of them."""
    for name, special in {"clip": {}, **clips}.items():
        make_clip(root / "media" / name, **{"fps": FPS, "gop": GOP, "size": size, **special})
    fleet = Fleet(root, KEY, Ports(rtsp=free_port(), rtsps=free_port() if tls else 0))
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
    units: list[AccessUnit] = field(default_factory=list)
    sound: list[rtp.Packet] = field(default_factory=list)
    reports: list[rtp.SenderReport] = field(default_factory=list)
    ssrcs: list[int] = field(default_factory=list)
    codec: str = "h264"
    _number: int = 0
    _challenge: Challenge | None = None
    _decoder: Decoder = field(default_factory=Decoder)
    _depacketizer: Depacketizer | None = None

    @classmethod
    async def connect(cls, fleet: Fleet, device: Device, *, tls: bool = False) -> Viewer:
        """Open the connection; its buffer is small, so that a viewer that stops reading is soon a slow one."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        port = fleet.ports.rtsps if tls else fleet.ports.rtsp
        await asyncio.get_running_loop().sock_connect(sock, (device.address, port))
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if tls else None
        if trusting is not None:
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        name = device.address if tls else None
        return cls(device, *await asyncio.open_connection(sock=sock, ssl=trusting, server_hostname=name))

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

    async def play(self, *, sound: bool = False) -> Viewer:
        """DESCRIBE, SETUP and PLAY by TCP."""
        described = await self.expect("DESCRIBE")
        self.codec = {"jpeg": "mjpeg"}.get(found := sdp.parse(described.body.decode()).media[0].codec, found)
        names = self.device.dialect.tracks[: 1 + sound]
        for track, name in enumerate(names):
            channels = f"interleaved={2 * track}-{2 * track + 1}"
            await self.expect("SETUP", ("Transport", f"RTP/AVP/TCP;unicast;{channels}"), track=name)
        await self.expect("PLAY")
        return self

    async def expect(self, method: str, *headers: tuple[str, str], track: str = "") -> Response:
        """Ask what must succeed."""
        response = await self.ask(method, *headers, track=track)
        assert response.status == 200, f"{method}: {response.status} {response.reason}"
        return response

    async def ask(self, method: str, *headers: tuple[str, str], track: str = "") -> Response:
        """One request, once more with credentials if it is refused for their lack."""
        response = await self._exchange(method, headers, track)
        found = response.headers.get("WWW-Authenticate")
        if response.status == 401 and self._challenge is None and found:
            self._challenge = Challenge.parse(found)
            response = await self._exchange(method, headers, track)
        self.session = (response.headers.get("Session") or self.session).partition(";")[0]
        return response

    async def look(self, count: int) -> list[AccessUnit]:
        """Go on until `count` more pictures have come, with a watermark or without."""
        before = len(self.units)
        while len(self.units) < before + count:
            await self._receive()
        return self.units[before : before + count]

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

    async def _exchange(self, method: str, headers: tuple[tuple[str, str], ...], track: str) -> Response:
        self.send(method, *headers, track=track)
        while True:
            for message in await self._receive():
                if isinstance(message, Response):
                    return message

    def send(self, method: str, *headers: tuple[str, str], track: str = "") -> None:
        """One request, whose answer is not waited for."""
        self._number += 1
        url = f"rtsp://{self.device.address}{self.device.main.path}" + (track and f"/{track}")
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
            if not isinstance(message, Frame):
                continue
            if message.channel == 0:
                self._keep(rtp.Packet.parse(message.payload))
            elif message.channel == 2:
                self.sound.append(rtp.Packet.parse(message.payload))
            elif (report := rtp.SenderReport.parse(message.payload)) is not None:
                self.reports.append(report)
        return messages

    def _keep(self, packet: rtp.Packet) -> None:
        self.sequences.append(packet.sequence)
        self.ssrcs.append(packet.ssrc)
        if self._depacketizer is None:
            self._depacketizer = depacketizer(self.codec)
            assert self._depacketizer is not None, self.codec
        for unit in self._depacketizer.feed(packet):
            self.units.append(unit)
            marks = [watermark.read(one) for one in unit.units]
            place = next((place for place, mark in enumerate(marks) if mark is not None), None)
            if place is None:
                assert self.codec == "mjpeg"
                continue
            mark = marks[place]
            assert mark is not None
            assert mark.media == watermark.media_check(unit.units[place + 1 :])
            self.marks.append(mark)
