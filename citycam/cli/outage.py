"""`citycam plan simulate`: what a city loses when something falls."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from citycam.cli.output import Output
from citycam.cli.plan_files import PLAN, digest_of, write
from citycam.cli.verb import Json, verb
from citycam.model.errors import ConfigError
from citycam.model.units import BitsPerSecond, show_duration
from citycam.plan.city import load_city_plan
from citycam.plan.coefficients import COEFFICIENTS, Coefficients, coefficients
from citycam.plan.outage.layout import Layout, grid, layout_of
from citycam.plan.outage.outcome import Outcome, Spread, dump_outcome, run_scenario
from citycam.plan.outage.scenario import load_scenario, scenario_names
from citycam.plan.outage.timings import TIMINGS, Timings, timings

BITRATE = "512kb/s"
"""Of the lab's cameras."""


def add_to(plan: typer.Typer) -> None:
    """Add the verb to those of plans."""
    plan.command(name="simulate", help=f"{simulate.__doc__} Scenarios: {', '.join(scenario_names())}.")(simulate)


@verb
def simulate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="One that comes along, or a .yaml file.")],
    plan: Annotated[Path | None, typer.Option("--plan", help="The plan of a city.", show_default=str(PLAN))] = None,
    cameras: Annotated[int | None, typer.Option(min=1, help="No plan, but so many cameras alike.")] = None,
    gateways: Annotated[int, typer.Option(min=1, help="Of these cameras.")] = 6,
    nodes: Annotated[int, typer.Option(min=1, help="Of these gateways.")] = 3,
    cores: Annotated[int, typer.Option(min=1, help="Of such a node, that set connections up.")] = 2,
    bitrate: Annotated[str, typer.Option(help="Of such a camera.")] = BITRATE,
    seed: Annotated[int, typer.Option(help="The same seed gives the same result.")] = 7,
    runs: Annotated[int, typer.Option(min=1, help="Seeds to run, from that one on.")] = 1,
    timings_file: Annotated[
        Path, typer.Option("--timings", help="Other figures.", show_default="citycam/plan/outage/timings.yaml")
    ] = TIMINGS,
    given: Annotated[
        list[str] | None, typer.Option("--set", help="One figure otherwise, as in swarm.heartbeat=1s; may be repeated.")
    ] = None,
    coefficients_file: Annotated[
        Path, typer.Option("--coefficients", help="Machines.", show_default="citycam/plan/coefficients.yaml")
    ] = COEFFICIENTS,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A .json file with every camera.")] = None,
    as_json: Json = False,
) -> None:
    """Simulate what a city loses when something falls: gaps, storms of calls, load, and who records what."""
    if plan is not None and cameras is not None:
        raise ConfigError("both a plan and cameras", where="--plan, --cameras", next="give one of them")
    known, figures = coefficients(coefficients_file), timings(timings_file).replaced(_pairs(given or []))
    chosen = load_scenario(scenario)
    if cameras is None:
        file = plan or PLAN
        layout, digest = _planned(file, known, figures), digest_of(file)
    else:
        managers = figures.swarm.managers.value
        layout = grid(cameras, gateways, nodes, _rate(bitrate), known, managers=managers, setup_cores=cores)
        digest = None
    outcome = run_scenario(chosen, layout, figures, seed=seed, runs=runs, plan=digest)
    if out is not None:
        write(out, dump_outcome(outcome))
    Output(as_json).result(_data(outcome, out), lambda console: _show(console, outcome, out))


def _rate(text: str) -> int:
    try:
        return TypeAdapter(BitsPerSecond).validate_python(text)
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ConfigError(f"--bitrate {text}", why=message, next="as in --bitrate 4Mb/s") from error


def _pairs(given: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise ConfigError(f"cannot set {text}", where="--set", next="as in --set swarm.heartbeat=1s")
        found[name] = value
    return found


def _planned(file: Path, known: Coefficients, figures: Timings) -> Layout:
    return layout_of(load_city_plan(file), known, managers=figures.swarm.managers.value)


def _data(outcome: Outcome, out: Path | None) -> dict[str, Any]:
    data = outcome.model_dump(mode="json", by_alias=True, exclude={"timings", "cameras"})
    return data | {"unmeasured": list(outcome.unmeasured), "file": str(out) if out else None}


def _show(console: Console, outcome: Outcome, out: Path | None) -> None:
    ground = outcome.ground
    console.print(outcome.played.title)
    console.print(
        f"{ground.cameras:,} cameras, {ground.gateways:,} gateways, {ground.nodes:,} nodes, {ground.managers} of them "
        f"managers; seeds {outcome.seed} to {outcome.seed + outcome.runs - 1}"
    )
    table = Table(box=None, pad_edge=False, show_header=False)
    for row in _rows(outcome):
        table.add_row(*row)
    console.print(table)
    console.print(f"not measured yet: {', '.join(outcome.unmeasured) or 'nothing'}; citycam/plan/outage/timings.yaml")
    if outcome.missed and outcome.slack <= 0:
        console.print("not simulated: nodes that spoke to a lost manager may be missed too, with this swarm.heartbeat")
    if out is not None:
        console.print(f"file  {out}")


def _rows(outcome: Outcome) -> list[tuple[str, str]]:
    rest = outcome.ground.cameras - outcome.touched
    rows = [("cameras that lost pictures", f"{outcome.touched:,}; {rest:,} lost none")]
    if outcome.gap:
        rows.append(("gap of a camera", _spread(outcome.gap)))
    rows.append(("frames lost", f"{outcome.frames_lost:,}"))
    if outcome.dark:
        rows.append(("still not recorded", f"{outcome.dark:,} after {show_duration(outcome.played.horizon)}"))
    if outcome.recovered is not None:
        rows.append(("last one recorded again after", show_duration(outcome.recovered)))
    if outcome.missed:
        rows.append(("the loss was acted on after", _spread(outcome.missed)))
    rows.append(("gateways that moved", f"{outcome.moved:,}, each exactly once"))
    if outcome.overlap:
        rows.append(("two owners at once for", show_duration(outcome.overlap)))
    rows.append(("calls in the busiest second", f"{outcome.calls:,}; {outcome.calls_of_node:,} by one node"))
    rows.append(("fullest node", f"{outcome.load:.1%} of its capacity"))
    return rows


def _spread(spread: Spread) -> str:
    values = {"p50": spread.p50, "p95": spread.p95, "p99": spread.p99, "most": spread.most}
    return ", ".join(f"{name} {value:.1f} s" for name, value in values.items())
