"""Watch a camera live through the edge: RTSP over TLS (RFC 2326, interleaved 10.12), up to the frames' watermarks."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from citycam.model.camera import camera_id, number_of
from citycam.wire import digest, sdp, watermark
from citycam.wire.payloads import depacketizer
from citycam.wire.pictures import AccessUnit
from citycam.wire.rtp import Packet, RtpSyntaxError
from citycam.wire.rtsp import Decoder, Frame, Headers, Request, Response, RtspSyntaxError
from citycam.wire.sdp import SdpSyntaxError
from loadtests.clients.edge import connect, split_address
from loadtests.clients.outcome import Outcome
from loadtests.settings import LoadSettings

AGENT = "citycam-load"
CONNECT_TIMEOUT_S = 10.0
SILENCE_S = 5.0
"""Longest time without a byte: cameras send several frames a second."""

RECEIVE = 64 * 1024


class ViewingFailed(Exception):
    """The gateway answered with something else than the stream."""


def watch(settings: LoadSettings, context: ssl.SSLContext, camera: str, gateway: str) -> Outcome:
    """Connect, play, wait for the first complete key frame, keep viewing for `view_time_s` in all, leave.

    Never raises for a failure of the platform: that is what is being measured.
    """
    seen = _Seen(number_of(camera))
    start_ns, started = time.time_ns(), time.perf_counter()
    error: Exception | None = None
    try:
        with LiveSession(settings, context, camera, gateway) as session:
            end = time.monotonic() + settings.view_time_s
            for unit in session.play(end):
                seen.add(unit, (time.perf_counter() - started) * 1000)
            if seen.key_frame_ms is None:
                raise ViewingFailed(f"no key frame in {settings.view_time_s:g} s")
    except (OSError, RtspSyntaxError, RtpSyntaxError, SdpSyntaxError, ViewingFailed, ValueError) as failure:
        error = failure
    elapsed_ms = (time.perf_counter() - started) * 1000
    response_ms = elapsed_ms if seen.key_frame_ms is None else seen.key_frame_ms
    return Outcome(start_ns, response_ms, seen.size, error, seen.frames, seen.missing)


@dataclass
class _Seen:
    """Counts access units of one camera."""

    camera: int
    key_frame_ms: float | None = None
    size: int = 0
    frames: int = 0
    missing: int = 0
    last: int = field(default=-1)

    def add(self, unit: AccessUnit, now_ms: float) -> None:
        self.size += sum(map(len, unit.units))
        if not unit.complete:
            return
        if self.key_frame_ms is None:
            if not unit.key:
                return
            self.key_frame_ms = now_ms
        self.frames += 1
        mark = next(filter(None, map(watermark.read, unit.units)), None)
        if mark is None:
            return
        if mark.camera != self.camera:
            raise ViewingFailed(f"shows {camera_id(mark.camera)} instead of {camera_id(self.camera)}")
        if self.last >= 0:
            self.missing += max(0, mark.frame - self.last - 1)
        self.last = mark.frame


class LiveSession:
    """One RTSP connection that plays one camera's video."""

    def __init__(self, settings: LoadSettings, context: ssl.SSLContext, camera: str, gateway: str) -> None:
        name = settings.server_name(gateway)
        self._uri = f"rtsps://{name}:{split_address(settings.edge.rtsps)[1]}/{camera}"
        self._user = settings.viewer_user
        self._password = settings.viewer_password.get_secret_value()
        self._socket = connect(settings.edge.rtsps, name, context, CONNECT_TIMEOUT_S)
        self._decoder = Decoder()
        self._waiting: list[Frame] = []
        self._challenge: digest.Challenge | None = None
        self._session = ""
        self._sequence = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._session:
                with suppress(OSError, ValueError):  # a courtesy: the server ends the session with the connection
                    self._socket.settimeout(1.0)
                    self._send("TEARDOWN", self._uri, {})
        finally:
            self._socket.close()

    def play(self, end: float) -> Iterator[AccessUnit]:
        """Set up and play the first video; its access units as they come, until `end` (monotonic seconds).

        Raises:
            ViewingFailed: refused, or there is no video of a codec that is known.
            OSError: the connection ended, or was silent for too long.
        """
        described = self._ask("DESCRIBE", self._uri, {"Accept": "application/sdp"})
        media = sdp.parse(described.body.decode("utf-8", "replace")).media
        video = next((one for one in media if one.kind == "video"), None)
        pictures = depacketizer(video.codec) if video is not None else None
        if video is None or pictures is None:
            raise ViewingFailed("the description names no video that can be read")
        base = described.headers.get("Content-Base") or self._uri
        track = sdp.control_url(base, video.control)
        answer = self._ask("SETUP", track, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session = (answer.headers.get("Session") or "").partition(";")[0].strip()
        self._ask("PLAY", base, {"Range": "npt=0.000-"})
        for frame in self._frames(end):
            if frame.channel == 0:
                yield from pictures.feed(Packet.parse(frame.payload))

    def _ask(self, method: str, uri: str, headers: dict[str, str]) -> Response:
        """Send a request and wait for its answer; authenticates when it is asked to."""
        self._send(method, uri, headers)
        answer = self._receive_response(method)
        if answer.status == 401 and self._challenge is None:
            self._challenge = digest.Challenge.parse(answer.headers.get("WWW-Authenticate") or "")
            self._send(method, uri, headers)
            answer = self._receive_response(method)
        if answer.status != 200:
            raise ViewingFailed(f"{method}: {answer.status} {answer.reason}")
        return answer

    def _send(self, method: str, uri: str, headers: dict[str, str]) -> None:
        self._sequence += 1
        pairs = {"CSeq": str(self._sequence), "User-Agent": AGENT, **headers}
        if self._session:
            pairs["Session"] = self._session
        if self._challenge:
            pairs["Authorization"] = digest.authorization(self._challenge, method, uri, self._user, self._password)
        self._socket.sendall(Request(method, uri, Headers(pairs)).encode())

    def _receive_response(self, method: str) -> Response:
        deadline = time.monotonic() + CONNECT_TIMEOUT_S
        while True:
            found: Response | None = None
            for message in self._receive(deadline):
                if isinstance(message, Frame):
                    self._waiting.append(message)
                elif isinstance(message, Response) and message.headers.get("CSeq") == str(self._sequence):
                    found = message
            if found:
                return found
            if time.monotonic() >= deadline:
                raise ViewingFailed(f"{method}: no answer in {CONNECT_TIMEOUT_S:g} s")

    def _frames(self, end: float) -> Iterator[Frame]:
        yield from self._waiting
        self._waiting.clear()
        while time.monotonic() < end:
            yield from (message for message in self._receive(end) if isinstance(message, Frame))

    def _receive(self, end: float) -> list[Request | Response | Frame]:
        """What one read brings; nothing if `end` comes first."""
        patience = min(SILENCE_S, end - time.monotonic())
        if patience <= 0:
            return []
        self._socket.settimeout(patience)
        try:
            data = self._socket.recv(RECEIVE)
        except TimeoutError:
            if patience < SILENCE_S:
                return []
            raise
        if not data:
            raise ConnectionError("the gateway closed the connection")
        return self._decoder.feed(data)
