"""What was measured on real hosts, and whether the simulation agrees with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from citycam.model.documents import Document, load
from citycam.plan.coefficients import Coefficients
from citycam.plan.outage.layout import grid
from citycam.plan.outage.outcome import Outcome, Spread, run_scenario
from citycam.plan.outage.scenario import load_scenario
from citycam.plan.outage.timings import Timings

LAB = Path(__file__).parent / "lab.yaml"
RUNS = 50
"""Seeds that a measurement is compared with."""
BITRATE = 512_000

Many = Annotated[int, Field(ge=1)]
Metric = Literal[
    "gap.least",
    "gap.p50",
    "gap.p95",
    "gap.p99",
    "gap.most",
    "missed.least",
    "missed.most",
    "touched",
    "moved",
    "overlap",
]


class Measurement(Document):
    """One measurement: the scenario that was played on `nodes` hosts, and what `metric` was, in SI units.

    `timings` are figures that were otherwise there, written as in timings.yaml; `within` is what the value may lie
    outside of what is simulated.
    """

    what: str
    scenario: str
    cameras: Many
    gateways: Many
    nodes: Many
    cores: Many = 2
    timings: dict[str, str] = Field(default_factory=dict)
    metric: Metric
    value: float
    within: Annotated[float, Field(ge=0)] = 0.0
    date: str
    machine: str
    source: str


class Lab(Document):
    """All of them."""

    schema_version: Literal[1]
    measurements: tuple[Measurement, ...]


def lab(path: Path = LAB) -> Lab:
    """The measurements of a file.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Lab)


def simulated(measurement: Measurement, timings: Timings, coefficients: Coefficients) -> tuple[float, float]:
    """The least and the most that the runs of the same scenario give for the metric.

    Raises:
        ConfigError: there is no such scenario or timing.
    """
    figures = timings.replaced(measurement.timings)
    layout = grid(
        measurement.cameras,
        measurement.gateways,
        measurement.nodes,
        BITRATE,
        coefficients,
        managers=figures.swarm.managers.value,
        setup_cores=measurement.cores,
    )
    scenario = load_scenario(measurement.scenario)
    values = [_value(run_scenario(scenario, layout, figures, seed=seed), measurement.metric) for seed in range(RUNS)]
    return min(values), max(values)


def disagreement(measurement: Measurement, timings: Timings, coefficients: Coefficients) -> str | None:
    """Why the simulation does not agree with a measurement; None when it does."""
    least, most = simulated(measurement, timings, coefficients)
    if least - measurement.within <= measurement.value <= most + measurement.within:
        return None
    return (
        f"{measurement.what}: {measurement.metric} was measured as {measurement.value:g} ({measurement.source}), "
        f"simulated from {least:g} to {most:g}, give or take {measurement.within:g}"
    )


def _value(outcome: Outcome, metric: str) -> float:
    part, _, name = metric.partition(".")
    found: Spread | float | None = getattr(outcome, part)
    if isinstance(found, Spread):
        return float(getattr(found, name))
    return float(found or 0.0)
