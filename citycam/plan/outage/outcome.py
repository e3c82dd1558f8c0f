"""What one or many runs of a scenario found: the file that is written, and what a table shows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from citycam import __version__
from citycam.model.documents import Document
from citycam.model.errors import ConfigError
from citycam.plan.outage.layout import Layout
from citycam.plan.outage.scenario import Scenario
from citycam.plan.outage.simulation import Run, simulate
from citycam.plan.outage.timings import Timing, Timings

MOST_RUNS = 10_000


class Spread(Document):
    """A distribution; `p50` and its like are the least value that so many of a hundred do not exceed."""

    count: int
    least: float
    p50: float
    p95: float
    p99: float
    most: float


class CameraLoss(Document):
    """The worst run of one camera: how long in all it was not recorded, and the frames that this is."""

    camera: str
    seconds: float
    frames: int


class Played(Document):
    """The event that was played, with what it says, in SI units."""

    title: str
    event: str
    details: dict[str, str | int | float]
    horizon: float


class Ground(Document):
    """What was simulated. `plan` is the digest of the city's plan; without one it was a grid."""

    cameras: int
    gateways: int
    nodes: int
    managers: int
    setup_cores: int
    plan: str | None = None


class Outcome(Document):
    """What the runs of a scenario found. Times in seconds, counted from the event.

    `gap` is over all gaps of all runs: pictures made and not recorded. `touched` is the most cameras that lost any,
    `frames_lost` the most frames of a run. `calls…` are calls of cameras in the busiest second, `load` the fullest
    node's share of its capacity, `missed` when managers acted on a loss, `moved` the most gateways that went to another
    node, each exactly once; `overlap` the longest time with two owners. `slack` is what a node has left that loses its
    manager: with none it may be missed too, which is not simulated. `cameras` are the worst of each.
    """

    schema_: Annotated[Literal["citycam.outage"], Field(alias="schema")] = "citycam.outage"
    schema_version: Literal[1] = 1
    producer: str = Field(default_factory=lambda: f"citycam {__version__}")
    played: Played
    ground: Ground
    seed: int
    runs: int
    touched: int
    dark: int
    gap: Spread | None = None
    frames_lost: int
    recovered: float | None = None
    calls: int
    calls_of_node: int
    load: float
    missed: Spread | None = None
    moved: int
    overlap: float
    slack: float
    timings: tuple[Timing, ...]
    cameras: tuple[CameraLoss, ...]

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Figures that the lab has not measured yet."""
        return tuple(one.name for one in self.timings if one.kind == "unmeasured")


def run_scenario(
    scenario: Scenario, layout: Layout, timings: Timings, *, seed: int, runs: int = 1, plan: str | None = None
) -> Outcome:
    """Run a scenario with as many seeds, from `seed` on.

    Raises:
        ConfigError: the scenario does not fit the layout, or no run is asked for.
        CitycamError: the invariant of a run is broken.
    """
    if not 1 <= runs <= MOST_RUNS:
        raise ConfigError(f"{runs} runs", where="--runs", why=f"from 1 to {MOST_RUNS:,} can be had", next="give fewer")
    found = [simulate(scenario, layout, timings, seed + number) for number in range(runs)]
    ground = Ground(
        cameras=len(layout.cameras),
        gateways=len(layout.gateways),
        nodes=len(layout.nodes),
        managers=len(layout.managers),
        setup_cores=layout.setup_cores,
        plan=plan,
    )
    gaps = [gap for run in found for several in run.gaps.values() for gap in several]
    rate = timings.camera.frame_rate.value
    ended = [several[-1].ended for run in found for one, several in run.gaps.items() if one not in run.dark]
    return Outcome(
        played=_played(scenario),
        ground=ground,
        seed=seed,
        runs=runs,
        touched=max(len(run.gaps) for run in found),
        dark=max(len(run.dark) for run in found),
        gap=spread([gap.seconds for gap in gaps]),
        frames_lost=max(round(rate * sum(lengths(run))) for run in found),
        recovered=round(max(ended), 3) if ended else None,
        calls=max(run.calls for run in found),
        calls_of_node=max(run.calls_of_node for run in found),
        load=round(max(run.peak_load for run in found), 4),
        missed=spread([seconds for run in found for seconds in run.found.values()]),
        moved=max(len(run.moved) for run in found),
        overlap=round(max((seconds for run in found for seconds in run.overlaps.values()), default=0.0), 3),
        slack=round(timings.slack, 3),
        timings=tuple(timings.figures()),
        cameras=tuple(_worst(found, rate)),
    )


def _played(scenario: Scenario) -> Played:
    details = getattr(scenario, scenario.event).model_dump(mode="json", exclude_none=True)
    return Played(title=scenario.title, event=scenario.event, details=details, horizon=scenario.horizon)


def lengths(run: Run) -> list[float]:
    """Seconds that each touched camera was not recorded, in all."""
    return [sum(gap.seconds for gap in several) for several in run.gaps.values()]


def spread(values: Iterable[float]) -> Spread | None:
    """The distribution of some values (milliseconds are kept); None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95, p99 = (round(_rank(ordered, share), 3) for share in (0.5, 0.95, 0.99))
    return Spread(count=len(ordered), least=round(ordered[0], 3), p50=p50, p95=p95, p99=p99, most=round(ordered[-1], 3))


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def _worst(runs: Iterable[Run], rate: float) -> Iterable[CameraLoss]:
    worst: dict[str, float] = {}
    for run in runs:
        for camera, seconds in zip(run.gaps, lengths(run), strict=True):
            worst[camera] = max(worst.get(camera, 0.0), seconds)
    for camera, seconds in sorted(worst.items()):
        yield CameraLoss(camera=camera, seconds=round(seconds, 3), frames=round(rate * seconds))


def dump_outcome(outcome: Outcome) -> str:
    """The outcome as text, a camera a line. The same outcome gives the same bytes."""
    head = outcome.model_dump_json(by_alias=True, exclude_none=True, exclude={"cameras"}, indent=1)
    cameras = ",\n".join(one.model_dump_json() for one in outcome.cameras)
    return f'{head[:-2]},\n "cameras": [\n{cameras}\n ]\n}}\n'
