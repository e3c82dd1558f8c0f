"""From a journal to evidence: `requests.parquet` with every request, `load.json` with the generator's own health."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from loadtests.journal import Heartbeat, JournalContents, Request

_TYPES = {"str": pa.string(), "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_()}

SCHEMA = pa.schema([pa.field(one.name, _TYPES[str(one.type)]) for one in fields(Request)])
"""One column for each field of `Request`."""

BUSY_PERCENT = 90.0
"""Above this share of its one core a gevent process can no longer time requests well (Locust warns there too)."""

BUSY_FOR_S = 5.0
SILENT_FOR_S = 5.0
"""A gap between heartbeats that makes times measured around it worthless."""


@dataclass(frozen=True)
class LoadSummary:
    """`load.json`."""

    schema_version: int
    users: int
    requests: int
    failures: int
    listener_errors: int
    cpu_percent_max: float
    exit_code: int
    seconds: float
    healthy: bool
    why: str


def summarise(contents: JournalContents, exit_code: int, expected_users: int, stopped: bool = False) -> LoadSummary:
    """Judge the generator, not the platform: was what it recorded complete, and could it keep its own time?

    `stopped` says that the campaign ended the run early.
    """
    beats = contents.heartbeats
    users = max((beat.users for beat in beats), default=0)
    why = _run_complaints(contents, exit_code, stopped)
    if contents.header is not None and not stopped and users < expected_users:
        why.append(f"only {users} of {expected_users} users ever ran")
    why += _pulse_complaints(beats)
    return LoadSummary(
        schema_version=1,
        users=users,
        requests=len(contents.requests),
        failures=sum(not request.ok for request in contents.requests),
        listener_errors=contents.listener_errors,
        cpu_percent_max=max((beat.cpu_percent for beat in beats), default=0.0),
        exit_code=exit_code,
        seconds=(beats[-1].t - beats[0].t) / 1e9 if beats else 0.0,
        healthy=not why,
        why="; ".join(why),
    )


def summarise_all(
    generators: Mapping[str, tuple[JournalContents, int]], expected_users: int, stopped: bool = False
) -> LoadSummary:
    """Judge every process of a run spread over several, by name its journal and exit code: all must be healthy.

    One that could not keep its time voids the run, however idle the others were.
    """
    each = {name: summarise(contents, code, 0, stopped) for name, (contents, code) in generators.items()}
    # The master counts the users of all its workers.
    users = max((one.users for one in each.values()), default=0)
    why = [f"{name}: {one.why}" for name, one in each.items() if one.why]
    if not each:
        why.append("the generator never started")
    elif not stopped and users < expected_users:
        why.append(f"only {users} of {expected_users} users ever ran")
    return LoadSummary(
        schema_version=1,
        users=users,
        requests=sum(one.requests for one in each.values()),
        failures=sum(one.failures for one in each.values()),
        listener_errors=sum(one.listener_errors for one in each.values()),
        cpu_percent_max=max((one.cpu_percent_max for one in each.values()), default=0.0),
        exit_code=next((one.exit_code for one in each.values() if one.exit_code), 0),
        seconds=max((one.seconds for one in each.values()), default=0.0),
        healthy=not why,
        why="; ".join(why),
    )


def idle(why: str = "") -> LoadSummary:
    """The summary of a run in which nothing ran: as intended, or for the reason `why`."""
    return LoadSummary(1, 0, 0, 0, 0, 0.0, 0, 0.0, not why, why)


def write_summary(summary: LoadSummary, requests: Sequence[Request], folder: Path) -> None:
    """Write `requests.parquet` and `load.json`."""
    columns = {one.name: [getattr(request, one.name) for request in requests] for one in fields(Request)}
    pq.write_table(pa.table(columns, schema=SCHEMA), folder / "requests.parquet")
    (folder / "load.json").write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")


def _run_complaints(contents: JournalContents, exit_code: int, stopped: bool) -> list[str]:
    why = []
    if contents.header is None:
        why.append("the generator never started")
    elif contents.closed is None:
        why.append("the generator ended without closing its journal")
    if exit_code != 0:
        why.append(f"the generator ended with exit code {exit_code}")
    if stopped:
        why.append("the load was stopped before its end")
    if contents.damaged:
        why.append(f"{contents.damaged} lines of the journal cannot be read")
    if contents.listener_errors:
        why.append(f"{contents.listener_errors} requests could not be recorded")
    return why


def _pulse_complaints(beats: Sequence[Heartbeat]) -> list[str]:
    why = []
    if (busy := _busy_s(beats)) >= BUSY_FOR_S:
        why.append(f"the generator used more than {BUSY_PERCENT:.0f} % of a core for {busy:.0f} s")
    if (silence := _silence_s(beats)) >= SILENT_FOR_S:
        why.append(f"no heartbeat of the generator for {silence:.0f} s")
    return why


def _busy_s(beats: Sequence[Heartbeat]) -> float:
    """The longest time without one heartbeat at or below `BUSY_PERCENT`."""
    longest = current = 0.0
    for before, after in pairwise(beats):
        current = current + (after.t - before.t) / 1e9 if after.cpu_percent > BUSY_PERCENT else 0.0
        longest = max(longest, current)
    return longest


def _silence_s(beats: Sequence[Heartbeat]) -> float:
    return max(((after.t - before.t) / 1e9 for before, after in pairwise(beats)), default=0.0)
