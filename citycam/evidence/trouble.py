"""Trouble: what the ledger says was wrong with a camera, from when to when."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

FOREVER_NS = 2**62


class Trouble(NamedTuple):
    """A fault of one camera, ns since 1970 UTC; `FOREVER_NS` if nothing says that it ended."""

    start_ns: int
    stop_ns: int
    kind: str


def troubles(records: Iterable[Mapping[str, Any]], began_ns: int) -> dict[str, tuple[Trouble, ...]]:
    """Those of every camera, from the ledger's `fault` records in any order; `began_ns` is when the ledger began.

    A fault that stops and was never started was there before the ledger.

    Raises:
        ValueError, KeyError, TypeError: one is no record of a fault.
    """
    found: dict[str, list[Trouble]] = defaultdict(list)
    open_since: dict[str, list[int]] = defaultdict(list)
    faults: dict[str, Mapping[str, Any]] = {}
    for record in sorted(records, key=lambda record: (int(record["t"]), record["action"])):
        name = json.dumps(record["fault"], sort_keys=True)
        faults[name] = record["fault"]
        if record["action"] == "start":
            open_since[name].append(int(record["t"]))
            continue
        if record["action"] != "stop":
            raise ValueError(f"unknown action {record['action']!r} of a fault")
        since = open_since[name].pop(0) if open_since[name] else began_ns
        _add(found, record["fault"], since, int(record["t"]))
    for name, starts in open_since.items():
        for start in starts:
            seconds = float(faults[name].get("seconds") or 0)
            _add(found, faults[name], start, start + round(seconds * 1e9) if seconds else FOREVER_NS)
    return {camera: tuple(sorted(listed)) for camera, listed in found.items()}


def _add(found: dict[str, list[Trouble]], fault: Mapping[str, Any], start_ns: int, stop_ns: int) -> None:
    for camera in fault.get("cameras", ()):
        found[camera].append(Trouble(start_ns, stop_ns, str(fault["kind"])))
