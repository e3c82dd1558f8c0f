"""The little HTTP/1.1 that the control socket and the metrics port speak (RFC 9112): one request a connection.

A web framework would cost more memory than four hundred cameras.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from citycam.model.errors import CitycamError, ConfigError, EnvironmentFailure

logger = logging.getLogger(__name__)

MAX_HEAD = 16 * 1024
MAX_BODY = 128 * 1024 * 1024
_PATIENCE_S = 30.0
_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A response; `body` is sent as `kind`."""

    status: int
    body: bytes
    kind: str = "application/json"


Handler = Callable[[str, str, bytes], Awaitable[Answer]]
"""Method, path and body in, answer out; a `CitycamError` becomes its JSON, with status 503 or 400."""


def as_json(document: Any, status: int = 200) -> Answer:
    """An answer that is a JSON document."""
    return Answer(status, json.dumps(document).encode())


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object in a request.

    Raises:
        ConfigError: it is none.
    """
    try:
        document = json.loads(body)
    except ValueError as error:
        raise ConfigError("the request is not JSON", where="body", why=str(error)) from error
    if not isinstance(document, dict):
        raise ConfigError("the request must be a JSON object", where="body")
    return document


def serve(handler: Handler) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A connection callback for `asyncio.start_server` and `start_unix_server`."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                method, path, body = await _read(reader)
            answer = await _call(handler, method, path, body)
        except (ValueError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            answer = as_json({"error": {"code": "BadRequest", "what": str(error)}}, 400)
        except (OSError, asyncio.CancelledError):  # the client has gone, or the fleet ends
            writer.close()
            return
        reason = _REASONS.get(answer.status, "")
        head = f"HTTP/1.1 {answer.status} {reason}\r\nContent-Type: {answer.kind}\r\n"
        writer.write(f"{head}Content-Length: {len(answer.body)}\r\nConnection: close\r\n\r\n".encode() + answer.body)
        try:
            await writer.drain()
        except OSError as error:
            logger.debug("the client left before its answer: %s", error)
        writer.close()

    return connected


async def _call(handler: Handler, method: str, path: str, body: bytes) -> Answer:
    try:
        return await handler(method, path, body)
    except CitycamError as error:
        return as_json({"error": error.as_dict()}, 503 if isinstance(error, EnvironmentFailure) else 400)
    except Exception:
        logger.exception("%s %s failed", method, path)
        return as_json({"error": {"code": "InternalError", "what": "see the fleet's log"}}, 500)


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    if len(head) > MAX_HEAD:
        raise ValueError("request head too long")
    first, *lines = head.split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise ValueError("not an HTTP/1.1 request")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY:
        raise ValueError(f"Content-Length {length[:20]!r} is not a number up to {MAX_BODY}")
    body = await reader.readexactly(int(length)) if int(length) else b""
    return parts[0], parts[1].partition("?")[0], body


async def ask(path: Path, method: str, target: str, document: dict[str, Any] | None = None) -> Answer:
    """The answer of who listens on the socket at `path`.

    Raises:
        OSError: nobody does, or it died while it was asked.
    """
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        body = json.dumps(document).encode() if document is not None else b""
        writer.write(f"{method} {target} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    status = head.split(b" ", 2)[1:2]
    if not status or not status[0].isdigit():
        raise ConnectionResetError(f"{method} {target} was not answered")
    return Answer(int(status[0]), rest)


def accepted(answer: Answer, where: str) -> dict[str, Any]:
    """The document of an answer that is no refusal.

    Raises:
        ConfigError: what was asked for is wrong.
        EnvironmentFailure: it could not be done, or the answer makes no sense.
    """
    try:
        document: dict[str, Any] = json.loads(answer.body)
    except ValueError as error:
        raise EnvironmentFailure("the fleet's answer is no JSON", where=where, why=str(error)) from error
    if answer.status == 200:
        return document
    found = document.get("error", {})
    kind = EnvironmentFailure if answer.status >= 500 else ConfigError
    place = f"{where} {found.get('where', '')}".strip()
    raise kind(found.get("what", "refused"), where=place, why=found.get("why", ""), next=found.get("next", ""))
