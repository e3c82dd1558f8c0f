"""A measured figure: runs, their median and spread, a peer measured beside it, and the bar it is held against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Bar:
    """What a figure must reach."""

    limit: float
    better: Literal["less", "more"] = "less"

    def holds(self, value: float) -> bool:
        """Whether `value` is on the right side; the limit itself is."""
        return value <= self.limit if self.better == "less" else value >= self.limit

    def __str__(self) -> str:
        return f"{'≤' if self.better == 'less' else '≥'} {readable(self.limit)}"


@dataclass(frozen=True)
class Figure:
    """One metric, measured once or more often; `peer_runs` is another program's in the same minutes.

    Raises:
        ValueError: there is no run.
    """

    metric: str
    unit: str
    runs: tuple[float, ...]
    bar: Bar | None = None
    peer: str = ""
    peer_runs: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError(f"{self.metric}: not measured")

    @property
    def value(self) -> float:
        """Median of the runs."""
        return median(self.runs)

    @property
    def spread(self) -> float:
        """From the least to the largest run, as a part of the median; 0 for a single run."""
        return (max(self.runs) - min(self.runs)) / abs(self.value) if self.value else 0.0

    @property
    def ratio(self) -> float | None:
        """Ours by the peer's."""
        return self.value / median(self.peer_runs) if self.peer_runs and median(self.peer_runs) else None

    @property
    def holds(self) -> bool | None:
        """Whether the bar is reached; None without one."""
        return self.bar.holds(self.value) if self.bar else None

    def row(self) -> dict[str, Any]:
        """As it is written to `build/bench/<name>.json`."""
        return {
            "metric": self.metric,
            "value": _significant(self.value),
            "unit": self.unit,
            "peer": {"name": self.peer, "value": _significant(median(self.peer_runs))} if self.peer_runs else None,
            "ratio": None if self.ratio is None else _significant(self.ratio),
            "runs": [_significant(run) for run in self.runs],
            "spread": _significant(self.spread),
            "bar": str(self.bar) if self.bar else None,
            "holds": self.holds,
        }


def table(figures: Iterable[Figure]) -> str:
    """Markdown table, one row a figure."""
    head = ["metric", "median", "unit", "bar", "holds", "runs", "spread", "peer", "ratio"]
    lines = [head, ["---"] * len(head)]
    for figure in figures:
        peer = f"{figure.peer}: {readable(median(figure.peer_runs))}" if figure.peer_runs else ""
        holds = {True: "yes", False: "**no**", None: ""}[figure.holds]
        lines.append(
            [
                figure.metric,
                readable(figure.value),
                figure.unit,
                str(figure.bar or ""),
                holds,
                str(len(figure.runs)),
                f"{figure.spread:.0%}" if len(figure.runs) > 1 else "",
                peer,
                "" if figure.ratio is None else f"{readable(figure.ratio)} ×",
            ]
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def readable(value: float) -> str:
    """A number as a person reads it: `312,400`, `11.3`, `0.004`."""
    return f"{_significant(value):,.0f}" if abs(value) >= 1000 else f"{_significant(value):g}"


def _significant(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))
