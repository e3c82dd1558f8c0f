"""Download a recorded interval through the edge: `GET /<gateway>/get?path=<camera>&start=…&duration=…&format=fmp4`."""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from loadtests.clients.edge import EdgeConnection, basic
from loadtests.clients.outcome import Outcome
from loadtests.settings import LoadSettings

CHUNK = 64 * 1024
BEGINNING = 512
"""Bytes that tell a clip from an error message."""

TIMEOUT_S = 30.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PlaybackFailed(Exception):
    """The answer is not a clip."""


@dataclass(frozen=True)
class Clip(Outcome):
    """The answer to one request. `body` is empty unless it was kept."""

    status: int = 0
    body: bytes = b""


def rfc3339(time_ns: int) -> str:
    """A time in UTC to the microsecond, as segment names have it: `2026-11-23T23:40:00.000123Z`."""
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class PlaybackClient:
    """Downloads clips as the environment's `viewer`."""

    def __init__(self, settings: LoadSettings, context: ssl.SSLContext) -> None:
        password = settings.viewer_password.get_secret_value()
        self._headers = {"Authorization": basic(settings.viewer_user, password)}
        self._settings = settings
        self._context = context

    def fetch(self, camera: str, gateway: str, begin_ns: int, duration_s: float, *, keep: bool = False) -> Clip:
        """Ask `gateway` for what it recorded of `camera` from `begin_ns` on, by the gateway's clock.

        Never raises for a failure of the platform: that is what is being measured. `keep` keeps the clip's bytes.
        """
        query = {"path": camera, "start": rfc3339(begin_ns), "duration": f"{duration_s:.6f}", "format": "fmp4"}
        start_ns, started = time.time_ns(), time.perf_counter()
        status, size, body, error = 0, 0, bytearray(), None
        connection = EdgeConnection(self._settings.edge.https, self._settings.edge_name, self._context, TIMEOUT_S)
        try:
            connection.request("GET", f"/{gateway}/get?{urlencode(query)}", headers=self._headers)
            response = connection.getresponse()
            status = response.status
            while chunk := response.read(CHUNK):
                size += len(chunk)
                body += chunk if keep else chunk[: BEGINNING - len(body)]
            _expect_clip(status, bytes(body[:BEGINNING]))
        except (OSError, http.client.HTTPException, PlaybackFailed) as failure:
            error = failure
        finally:
            connection.close()
        response_ms = (time.perf_counter() - started) * 1000
        return Clip(start_ns, response_ms, size, error, status=status, body=bytes(body) if keep else b"")


def _expect_clip(status: int, beginning: bytes) -> None:
    if status != http.client.OK:
        text = beginning[:200].decode("utf-8", "replace").strip()
        raise PlaybackFailed(f"status {status}: {text}")
    if beginning[4:8] != b"ftyp":
        raise PlaybackFailed(f"{len(beginning)} bytes that are no MP4 file")
