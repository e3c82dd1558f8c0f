"""`citycam plan`: from the reviewed inventory to the plan of the city."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from citycam.cli import outage
from citycam.cli.output import Output
from citycam.cli.plan_files import PLAN, day_of, digest_of, read_inventory, verdicts_of, write, write_plan
from citycam.cli.plan_tables import show_difference, show_plan, show_sizing
from citycam.cli.verb import LOCAL, EnvironmentFile, Json, verb
from citycam.inventory.roster import dump_csv
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.plan.city import FILE, CityPlan, load_city_plan
from citycam.plan.coefficients import COEFFICIENTS, coefficients
from citycam.plan.deployment import environment_text, scrape_targets, sized_for
from citycam.plan.difference import compare_plans
from citycam.plan.planner import plan_city
from citycam.plan.rehearsal import rehearse
from citycam.plan.sizing import size
from citycam.plan.wish import read_what_if, read_wish

app = typer.Typer(invoke_without_command=True)
outage.add_to(app)

FOLDER = Path("inventory")
SAMPLED = 10
"""A sampled city is this many times larger than its rehearsal."""

PlanFile = Annotated[Path, typer.Argument(help="A plan.", metavar="PLAN", show_default=FILE)]
InventoryFile = Annotated[
    Path, typer.Option("--inventory", "-i", help="The reviewed inventory: its folder or its file.")
]
CoefficientsFile = Annotated[
    Path, typer.Option("--coefficients", help="Figures to plan with.", show_default="citycam/plan/coefficients.yaml")
]
PlanOut = Annotated[
    Path, typer.Option("--out", "-o", help="Where the plan goes; the one that is there is the plan in force.")
]
Keep = Annotated[Path | None, typer.Option(help="The plan in force, when it is another file.")]
Afresh = Annotated[bool, typer.Option("--afresh", help="Forget the plan in force: everything may move.")]
WaiverFile = Annotated[Path | None, typer.Option("--waivers", help="Waivers of the technical standard, YAML.")]
Day = Annotated[datetime | None, typer.Option("--at", formats=["%Y-%m-%d"], help="Judge as on this day, not today.")]
Wished = Annotated[str, typer.Option("--wish", help="As in retention=30d,recent=1d,watched=5%,spare=1.")]
Imagined = Annotated[
    str, typer.Option("--what-if", help="No plan, only its size: cameras=40210,bitrate=4Mb/s,retention=30d.")
]
PhaseNumber = Annotated[int | None, typer.Option("--phase", min=1, help="Only what is open after this phase.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="A .csv file for a campaign; stdout without it.")]


@app.callback()
def plan(
    context: typer.Context,
    inventory: InventoryFile = FOLDER,
    out: PlanOut = PLAN,
    keep: Keep = None,
    afresh: Afresh = False,
    waivers: WaiverFile = None,
    at: Day = None,
    wish: Wished = "",
    what_if: Imagined = "",
    coefficients_file: CoefficientsFile = COEFFICIENTS,
    as_json: Json = False,
) -> None:
    """Make the plan of the city: who comes in how, where to, and what that takes."""
    if context.invoked_subcommand is not None:
        return
    if what_if:
        _what_if(text=what_if, figures=coefficients_file, as_json=as_json)
    _make(
        inventory=inventory,
        out=out,
        keep=None if afresh else keep or (out if out.exists() else None),
        waivers=waivers,
        day=day_of(at),
        wish=wish,
        figures=coefficients_file,
        as_json=as_json,
    )


@verb
def _what_if(*, text: str, figures: Path, as_json: bool) -> None:
    known = coefficients(figures)
    asked = read_what_if(text, known)
    found = size(asked.demand, known)
    data = {"what_if": asked.model_dump(mode="json"), "sizing": found.model_dump(mode="json")}
    Output(as_json).result(data, lambda console: show_sizing(console, found, asked, known))


@verb
def _make(
    *,
    inventory: Path,
    out: Path,
    keep: Path | None,
    waivers: Path | None,
    day: date,
    wish: str,
    figures: Path,
    as_json: bool,
) -> None:
    known = coefficients(figures)
    records, digest = read_inventory(inventory)
    before = load_city_plan(keep) if keep else None
    made = plan_city(
        records,
        verdicts_of(records, day, waivers),
        read_wish(wish, known),
        known,
        judged_on=day,
        inventory_digest=digest,
        before=before,
        follows=digest_of(keep) if keep else None,
    )
    if before and made.model_copy(update={"follows": before.follows}) == before:
        made = before
    write_plan(made, out)
    difference = compare_plans(before, made) if before else None

    def text(console: Console) -> None:
        show_plan(console, made)
        if difference:
            console.print(f"{difference.moved:.2%} of the cameras of the plan in force changed their gateway")
        console.print(f"plan  {out}")

    data = _summary(made) | {"file": str(out), "moved": difference.moved if difference else None}
    Output(as_json).result(data, text)


@app.command()
@verb
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A plan.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="A later one.")],
    as_json: Json = False,
) -> None:
    """What changed from one plan to another."""
    found = compare_plans(load_city_plan(old), load_city_plan(new))
    data = found.model_dump(mode="json") | {"counts": found.counts()}
    Output(as_json).result(data, lambda console: show_difference(console, found))


@app.command(name="rehearse")
@verb
def rehearse_plan(
    file: PlanFile = PLAN,
    inventory: InventoryFile = FOLDER,
    environment: EnvironmentFile = LOCAL,
    cameras: Annotated[int, typer.Option(min=1, help="How many, in all.")] = 40,
    seed: Annotated[int, typer.Option(help="The same seed takes the same cameras.")] = 7,
    sample: Annotated[
        Path | None, typer.Option("--sample", help="First make a city of ten times as many in this folder.")
    ] = None,
    out: Out = None,
) -> None:
    """Put simulated cameras in the place of some of the plan's, to be recorded by a campaign."""
    if sample is not None:
        from citycam.cli.rehearsal import sample_city

        city = sample_city(sample, SAMPLED * cameras, seed, datetime.now(UTC).replace(microsecond=0), day_of(None))
        file, inventory = city.plan, city.inventory
    records, digest = read_inventory(inventory)
    chosen = load_city_plan(file)
    _refuse_other_inventory(chosen, digest, file)
    text = dump_csv(rehearse(chosen, records, load_environment(environment), cameras, seed).cameras)
    _hand_over(text, out)


@app.command()
@verb
def environment(
    file: PlanFile = PLAN,
    base: EnvironmentFile = LOCAL,
    name: Annotated[str, typer.Option(help="What the new environment is called.")] = "planned",
    phase: PhaseNumber = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A .yaml file; stdout without it.")] = None,
) -> None:
    """Write an environment with the gateways that the plan has; all that stands for each of them follows."""
    sized = sized_for(load_environment(base), load_city_plan(file), phase)
    text = environment_text(base.read_text(encoding="utf-8"), sized, name)
    _hand_over(text, out)


@app.command()
@verb
def targets(
    file: PlanFile = PLAN,
    phase: PhaseNumber = None,
) -> None:
    """Print what Prometheus scrapes, for its file_sd_configs."""
    typer.echo(json.dumps(scrape_targets(load_city_plan(file), phase), ensure_ascii=False, indent=1))


def _hand_over(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text)


def _refuse_other_inventory(plan: CityPlan, digest: str, file: Path) -> None:
    if plan.inventory_digest != digest:
        raise ConfigError(
            "the plan was made from another inventory",
            where=str(file),
            why=f"it names {plan.inventory_digest[:19]}…, this is {digest[:19]}…",
            next="make the plan again with `citycam plan`",
        )


def _summary(made: CityPlan) -> dict[str, Any]:
    return {
        "cameras": len(made.cameras),
        "routes": Counter(one.route for one in made.cameras),
        "reasons": Counter(one.reason for one in made.cameras),
        "lines": Counter(site.budget for site in made.sites),
        "sites": len(made.sites),
        "gateways": len(made.gateways),
        "sizing": made.sizing.model_dump(mode="json"),
        "phases": [phase.model_dump(mode="json") for phase in made.phases],
    }
