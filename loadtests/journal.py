"""The journal of a load run: one JSON object a line, appended as things happen, so that a crash loses at most one line.

    {"record":"header","schema_version":1,"t":…,"pid":…,"viewers":…,"players":…}
    {"record":"request", …a Request…}
    {"record":"heartbeat","t":…,"cpu_percent":…,"lag_ms":…,"users":…}
    {"record":"close","t":…,"listener_errors":…}

Times are ns since 1970, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SCHEMA_VERSION = 1
FILE_NAME = "load.jsonl"


@dataclass(frozen=True, slots=True)
class Request:
    """One viewing or playback. `response_ms` counts from when it started, `latency_ms` from when it should have.

    `edge` is the address that was asked.
    """

    kind: str
    name: str
    camera: str
    gateway: str
    intended_ns: int
    start_ns: int
    response_ms: float
    latency_ms: float
    bytes: int
    ok: bool
    error: str
    frames: int
    frames_missing: int
    edge: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The generator's own state: CPU in percent of one core, and how late its event loop woke."""

    t: int
    cpu_percent: float
    lag_ms: float
    users: int


@dataclass
class JournalContents:
    """What a journal holds. `closed` is None for a run that did not end properly; `damaged` counts unreadable lines."""

    header: dict[str, Any] | None = None
    requests: list[Request] = field(default_factory=list)
    heartbeats: list[Heartbeat] = field(default_factory=list)
    closed: dict[str, Any] | None = None
    damaged: int = 0

    @property
    def listener_errors(self) -> int:
        """Requests that ended but could not be written."""
        return int(self.closed["listener_errors"]) if self.closed else 0


class Journal:
    """Append to a journal. Every line reaches the kernel before the call returns."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)

    def header(self, t: int, **facts: Any) -> None:
        """The first line."""
        self._write("header", {"schema_version": SCHEMA_VERSION, "t": t, **facts})

    def request(self, request: Request) -> None:
        """A request ended."""
        self._write("request", asdict(request))

    def heartbeat(self, heartbeat: Heartbeat) -> None:
        """The generator lives."""
        self._write("heartbeat", asdict(heartbeat))

    def end(self, t: int, listener_errors: int) -> None:
        """The last line of a run that ended properly."""
        self._write("close", {"t": t, "listener_errors": listener_errors})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, record: str, members: Mapping[str, Any]) -> None:
        self._file.write(json.dumps({"record": record, **members}, separators=(",", ":")).encode() + b"\n")


def read_journal(path: Path) -> JournalContents:
    """Read a journal; a missing file is an empty one, a torn last line is counted in `damaged`."""
    contents = JournalContents()
    if not path.exists():
        return contents
    for line in path.read_bytes().splitlines():
        try:
            members = json.loads(line)
            _add(contents, members.pop("record"), members)
        except (ValueError, TypeError, KeyError, AttributeError):
            contents.damaged += 1
    return contents


def _add(contents: JournalContents, record: str, members: dict[str, Any]) -> None:
    match record:
        case "header":
            contents.header = members
        case "request":
            contents.requests.append(Request(**members))
        case "heartbeat":
            contents.heartbeats.append(Heartbeat(**members))
        case "close":
            contents.closed = members
        case _:
            raise ValueError(f"unknown record {record!r}")
