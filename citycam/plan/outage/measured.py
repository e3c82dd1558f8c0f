"""What was measured on real hosts, and whether the simulation agrees with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.plan.coefficients import Coefficients
from citycam.plan.outage.layout import Layout, grid
from citycam.plan.outage.outcome import Outcome, Spread, run_scenario
from citycam.plan.outage.scenario import Scenario, load_scenario
from citycam.plan.outage.timings import Timings

MEASURED = Path(__file__).parent / "measured.yaml"
RUNS = 50
"""Seeds that a measurement is compared with."""
BITRATE = 512_000

Many = Annotated[int, Field(ge=1)]
Range: TypeAlias = tuple[float, float]
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
    """One case: the scenario that was played on `nodes` hosts, and what each run `found`, in SI units.

    `shards` are the cameras of each gateway, where they were not spread evenly. `node` is the one that died, and that
    led if the scenario is about the leader. `timings` are figures that were otherwise there, as in timings.yaml;
    `within` is what a value may lie outside of what is simulated.
    """

    what: str
    scenario: str
    cameras: Many
    gateways: Many
    nodes: Many
    shards: tuple[Many, ...] = ()
    node: str | None = None
    bitrate: Many = BITRATE
    cores: Many = 2
    timings: dict[str, str] = Field(default_factory=dict)
    found: Annotated[tuple[dict[Metric, float], ...], Field(min_length=1)]
    within: Annotated[float, Field(ge=0)] = 0.0
    date: str
    machine: str
    source: str

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.shards and (len(self.shards), sum(self.shards)) != (self.gateways, self.cameras):
            raise ValueError(f"{self.gateways} shards must have {self.cameras} cameras in all")
        return self


class Measured(Document):
    """All of them."""

    schema_version: Literal[1]
    measurements: tuple[Measurement, ...]


def measured(path: Path = MEASURED) -> Measured:
    """The measurements of a file.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Measured)


def simulated(measurement: Measurement, timings: Timings, coefficients: Coefficients) -> dict[Metric, Range]:
    """The least and the most that the runs of the same scenario give for each metric that was measured.

    Raises:
        ConfigError: there is no such scenario, node or timing.
    """
    figures = timings.replaced(measurement.timings)
    scenario, layout = _played(measurement, figures, coefficients)
    outcomes = [run_scenario(scenario, layout, figures, seed=seed) for seed in range(RUNS)]
    metrics = sorted({metric for run in measurement.found for metric in run})
    values = {metric: [_value(outcome, metric) for outcome in outcomes] for metric in metrics}
    return {metric: (min(several), max(several)) for metric, several in values.items()}


def disagreements(measurement: Measurement, timings: Timings, coefficients: Coefficients) -> list[str]:
    """Where the simulation does not agree with a measurement, and how far."""
    ranges = simulated(measurement, timings, coefficients)
    return [
        f"{measurement.what}: {metric} was measured as {value:g} ({measurement.source}), "
        f"simulated from {ranges[metric][0]:g} to {ranges[metric][1]:g}, give or take {measurement.within:g}"
        for run in measurement.found
        for metric, value in run.items()
        if not ranges[metric][0] - measurement.within <= value <= ranges[metric][1] + measurement.within
    ]


def _played(measurement: Measurement, figures: Timings, coefficients: Coefficients) -> tuple[Scenario, Layout]:
    layout = grid(
        measurement.cameras,
        measurement.gateways,
        measurement.nodes,
        measurement.bitrate,
        coefficients,
        managers=figures.swarm.managers.value,
        setup_cores=measurement.cores,
        sizes=measurement.shards,
    )
    scenario, node = load_scenario(measurement.scenario), measurement.node
    if node and scenario.node_dies:
        scenario = scenario.model_copy(update={"node_dies": scenario.node_dies.model_copy(update={"node": node})})
    elif node:
        if node not in layout.managers:
            raise ConfigError(
                f"{node} cannot lead", why=f"managers are {', '.join(layout.managers)}", next="name one of them"
            )
        layout = replace(layout, managers=(node, *(each for each in layout.managers if each != node)))
    return scenario, layout


def _value(outcome: Outcome, metric: str) -> float:
    part, _, name = metric.partition(".")
    found: Spread | float | None = getattr(outcome, part)
    if isinstance(found, Spread):
        return float(getattr(found, name))
    return float(found or 0.0)
