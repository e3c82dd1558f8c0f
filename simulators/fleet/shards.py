"""What is divided among the shards of a fleet, and what is added up again. Pure: records in, records out."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from simulators.fleet.figures import summary_of
from simulators.fleet.listener import shard_of

_SAMPLE = re.compile(r"(\S+?(?:\{[^}]*\})?) (\S+)")


def partition(admitted: dict[str, Any], shards: int) -> list[dict[str, Any]]:
    """What `admission` let in, for each shard its own: the cameras at its addresses, and the dialects they speak."""
    devices: list[list[dict[str, Any]]] = [[] for _ in range(shards)]
    for device in admitted["devices"]:
        devices[shard_of(device["address"], shards)].append(device)
    rest = {name: value for name, value in admitted.items() if name != "devices"}
    return [{**rest, "devices": mine} for mine in devices]


def narrowed(fault: dict[str, Any], cameras: Iterable[str]) -> dict[str, Any] | None:
    """The fault for these cameras alone; None if it strikes none of them."""
    mine = sorted(set(fault["cameras"]).intersection(cameras))
    return {**fault, "cameras": mine} if mine else None


def sum_counts(answers: Sequence[dict[str, int]]) -> dict[str, int]:
    """Counts of the same names, added."""
    return {name: sum(answer[name] for answer in answers) for name in answers[0]}


def sum_status(statuses: Sequence[dict[str, Any]], lateness: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One status of several: numbers add, lists are joined; percentiles come from the bins of all."""
    total = {name: _sum([status[name] for status in statuses]) for name in statuses[0]}
    return total | {"lateness_ms": summary_of(lateness)}


def _sum(values: list[Any]) -> Any:
    first = values[0]
    if isinstance(first, list):
        return sorted(item for value in values for item in value)
    if isinstance(first, dict):
        names = sorted({name for value in values for name in value})
        return {name: _sum([value[name] for value in values if name in value]) for name in names}
    if isinstance(first, int) and not isinstance(first, bool):
        return sum(values)
    return math.fsum(values) if isinstance(first, float) else first


def sum_expositions(texts: Iterable[str]) -> str:
    """One Prometheus text (exposition format 0.0.4) of several: samples of the same name and labels add.

    Times since when something runs do not: the earliest counts.
    """
    samples: dict[str, dict[str, list[str]]] = {}
    kinds: dict[str, str] = {}
    for text in texts:
        family = ""
        for line in text.splitlines():
            if line.startswith("# TYPE "):
                family = line.split(" ")[2]
                kinds[family] = line
            elif found := _SAMPLE.fullmatch(line):
                samples.setdefault(family, {}).setdefault(found[1], []).append(found[2])
    lines = []
    for family in sorted(kinds):
        lines.append(kinds[family])
        lines += [f"{name} {_total(name, values)}" for name, values in samples.get(family, {}).items()]
    return "\n".join(lines) + "\n"


def _total(name: str, values: list[str]) -> str:
    if name.endswith("_start_time_seconds"):
        return min(values, key=float)
    if all(value.lstrip("-").isdigit() for value in values):
        return str(sum(map(int, values)))
    return f"{math.fsum(map(float, values)):.6f}"
