"""An RTSP client that asks, logs in at most once, and listens to a stream for some seconds."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address

from citycam.inventory.network import Credentials
from citycam.inventory.survey.accounts import Attempts
from citycam.inventory.survey.measurement import PATIENCE, Measured, Measurement
from citycam.inventory.survey.reading import challenges_of, video_of
from citycam.survey.dial import Line
from citycam.wire import sdp
from citycam.wire.digest import Challenge, authorization
from citycam.wire.rtp import Packet, RtpSyntaxError, SenderReport
from citycam.wire.rtsp import Decoder, Frame, Headers, Request, Response
from citycam.wire.transport import parse_session, parse_transports

AGENT = "citycam-survey"
_FIRST_FRAME_S = 4.0
"""Devices begin with the next key frame."""


@dataclass(frozen=True)
class Heard:
    """A stream as it was received; `ahead_s` is the device's clock by its sender report, None without one."""

    measured: Measured
    ahead_s: float | None


@dataclass
class Talk:
    """One RTSP connection."""

    line: Line
    account: Credentials | None = None
    challenges: list[Challenge] = field(default_factory=list)
    _decoder: Decoder = field(default_factory=Decoder)
    _frames: deque[Frame] = field(default_factory=deque)
    _number: int = 0
    _count: int = 0

    async def ask(self, method: str, url: str, *headers: tuple[str, str]) -> Response:
        """One request, with the account's credentials once there is a challenge.

        Raises:
            OSError, TimeoutError: no answer comes.
            RtspSyntaxError: what comes is no RTSP.
        """
        self._number += 1
        pairs = [("CSeq", str(self._number)), ("User-Agent", AGENT), *headers]
        if self.account is not None and self.challenges:
            pairs.append(("Authorization", self._authorization(self.account, method, url)))
        await self.line.write(Request(method, url, Headers(pairs)).encode())
        while True:
            data = await self.line.read()
            if not data:
                raise ConnectionResetError("it closed the connection")
            for message in self._decoder.feed(data):
                if isinstance(message, Response) and self._ours(message):
                    return message
                if isinstance(message, Frame):
                    self._frames.append(message)

    def _ours(self, response: Response) -> bool:
        return response.headers.get("CSeq") in (str(self._number), None)

    def _authorization(self, account: Credentials, method: str, url: str) -> str:
        self._count += 1
        best = next((one for one in self.challenges if one.scheme == "digest"), self.challenges[0])
        cnonce = secrets.token_hex(8)
        return authorization(best, method, url, account.username, account.password, cnonce=cnonce, count=self._count)

    async def describe(
        self, url: str, address: IPv4Address, given: Sequence[Credentials], attempts: Attempts
    ) -> Response:
        """DESCRIBE, with the accounts that may be tried where the device wants one: each once.

        Raises:
            OSError, TimeoutError, RtspSyntaxError: see `ask`.
        """
        accept = ("Accept", "application/sdp")
        response = await self.ask("DESCRIBE", url, accept)
        if response.status != 401 or self.account is not None:
            return response
        self._renew(response)
        for account in attempts.candidates(address, given) if self.challenges else ():
            self.account = account
            response = await self.ask("DESCRIBE", url, accept)
            if response.status == 401 and any(one.stale for one in challenges_of(_asked(response))):
                self._renew(response)  # the password was right, the nonce old (RFC 7616 3.3)
                response = await self.ask("DESCRIBE", url, accept)
            if response.status != 401:
                attempts.accepted(address, account)
                return response
            attempts.refused(address, account)
            self.account = None
            self._renew(response)
        return response

    def _renew(self, response: Response) -> None:
        self.challenges = [replace(one, stale=False) for one in challenges_of(_asked(response))] or self.challenges
        self._count = 0

    async def listen(self, description: Response, url: str, seconds: float, group: int = 0) -> Heard:
        """Set the video up over this connection, play it, and measure; see `Measurement`.

        Raises:
            OSError, TimeoutError, RtspSyntaxError: see `ask`.
            SdpSyntaxError: the description is none.
            StreamRefused: it cannot be played this way.
        """
        session = sdp.parse(description.body.decode("utf-8", "replace"))
        video = video_of(session)
        if video is None:
            raise StreamRefused("the description has no video")
        headers = description.headers
        base = headers.get("Content-Base") or headers.get("Content-Location") or url
        transport = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")
        setup = _accepted(await self.ask("SETUP", sdp.control_url(base, video.control), transport), "SETUP")
        identifier = ("Session", parse_session(setup.headers.get("Session") or "")[0])
        agreed = next(iter(parse_transports(setup.headers.get("Transport") or "")), None)
        channels = agreed.channels if agreed is not None and agreed.channels else (0, 1)
        target = sdp.control_url(base, session.control)
        measurement = Measurement(video.codec, video.clock_rate, seconds, video.parameter_sets, group)
        try:
            _accepted(await self.ask("PLAY", target, identifier, ("Range", "npt=0-")), "PLAY")
            ahead = await self._receive(measurement, channels, video.payload_type, seconds)
        finally:
            await self._teardown(target, identifier)
        return Heard(measurement.result(), ahead)

    async def _receive(
        self, measurement: Measurement, channels: tuple[int, int], payload_type: int, seconds: float
    ) -> float | None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE * seconds + _FIRST_FRAME_S
        ahead: float | None = None
        while not measurement.enough:
            while self._frames:
                frame = self._frames.popleft()
                try:
                    if frame.channel == channels[1]:
                        report = SenderReport.parse(frame.payload)
                        if ahead is None and report is not None:
                            ahead = (report.wall_ns - time.time_ns()) / 1e9
                    elif frame.channel == channels[0]:
                        packet = Packet.parse(frame.payload)
                        if packet.payload_type == payload_type:
                            measurement.feed(packet)
                except RtpSyntaxError:
                    continue
            left = deadline - loop.time()
            if measurement.enough or left <= 0:
                break
            try:
                data = await self.line.read(left)
            except TimeoutError:
                break
            if not data:
                break
            self._frames += [message for message in self._decoder.feed(data) if isinstance(message, Frame)]
        return ahead

    async def _teardown(self, url: str, session: tuple[str, str]) -> None:
        """Say goodbye; the answer is read away when the connection is closed."""
        self._number += 1
        pairs = [("CSeq", str(self._number)), ("User-Agent", AGENT), session]
        if self.account is not None and self.challenges:
            pairs.append(("Authorization", self._authorization(self.account, "TEARDOWN", url)))
        try:
            await self.line.write(Request("TEARDOWN", url, Headers(pairs)).encode())
        except (OSError, TimeoutError):
            return


class StreamRefused(Exception):
    """The device does not play this stream."""


def _asked(response: Response) -> list[str]:
    return response.headers.all("WWW-Authenticate")


def _accepted(response: Response, method: str) -> Response:
    if response.status != 200:
        raise StreamRefused(f"{method} is answered {response.status} {response.reason[:40]}".rstrip())
    return response
