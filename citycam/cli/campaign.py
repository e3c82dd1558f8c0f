"""`citycam campaign`: run one, or judge the evidence of one again."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citycam.campaign.runner import CampaignRun
from citycam.campaign.schema import Campaign, Fault, load_campaign
from citycam.cli import doctor
from citycam.cli.archive import RunFolder, open_run
from citycam.cli.output import ConsoleProgress, Output, stderr_console
from citycam.cli.platform import Platform
from citycam.cli.tools import real_tools
from citycam.cli.verb import Json, verb
from citycam.evidence.run import Run
from citycam.gates.evaluate import evaluate
from citycam.gates.judgement import Judgement
from citycam.gates.limits import parse_limits
from citycam.inventory.roster import load_inventory
from citycam.model.documents import place
from citycam.model.environment import Environment, load_environment
from citycam.model.errors import CitycamError, ConfigError, EvidenceMissing, ExitCode
from citycam.model.units import Seconds, show_duration
from citycam.model.verdict import Verdict
from citycam.model.workspace import PROJECT
from citycam.plan.plan import Plan, load_plan, make_plan
from citycam.report.junit import write_junit
from simulators import faults

app = typer.Typer(help="Record, load, measure and judge.", no_args_is_help=True)

FAULTY_CAMERAS = 2
DISK_MARGIN = 1.5
"""Recordings are larger than the declared bit rate: container, watermark, warm-up and drain."""

MARKS = {Verdict.PASS: "[green]✓ pass[/]", Verdict.FAIL: "[red]✗ fail[/]", Verdict.UNKNOWN: "[yellow]? unknown[/]"}


class FaultKind(StrEnum):
    """Faults that can be asked for on the command line."""

    DROP_FRAMES = "drop-frames"


@app.command(name="run")
@verb
def run_campaign(
    file: Annotated[Path, typer.Argument(help="The campaign, such as campaigns/smoke.yaml.", metavar="CAMPAIGN")],
    fault: Annotated[FaultKind | None, typer.Option(help="Break two cameras: the verdict must be fail.")] = None,
    environment: Annotated[
        Path | None, typer.Option("--environment", "-e", help="Another than the campaign's.", resolve_path=True)
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option(help="Other cameras than the campaign's.", resolve_path=True)
    ] = None,
    recording: Annotated[
        str | None, typer.Option(help="Another time than the campaign's, such as 75s.", metavar="TIME")
    ] = None,
    follow: Annotated[
        Path | None, typer.Option(help="plan.json of an earlier run: no more cameras change gateway than must.")
    ] = None,
    footage: Annotated[Path | None, typer.Option(help="Film the cameras show: a file or a folder.")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the platform standing afterwards.")] = False,
    runs: Annotated[Path, typer.Option(help="Where runs are kept.", show_default="runs")] = PROJECT / "runs",
    as_json: Json = False,
) -> ExitCode:
    """Run a campaign from nothing to a report; exits by the verdict (0 pass, 1 fail, 3 unknown)."""
    instead = {"environment": environment, "inventory": inventory, "recording": _duration(recording)}
    campaign, found, plan = _prepare(file, instead, fault, follow)
    doctor.require(found, _need(campaign, plan))
    run = Run.create(runs, campaign.name, datetime.now(UTC))
    progress = ConsoleProgress()
    tools = real_tools(Platform(found), progress, footage)
    interrupted = False
    try:
        CampaignRun(campaign, plan, run, tools).execute()
    except KeyboardInterrupt:
        interrupted = True
        progress.abandon()
        stderr_console().print("interrupted: closing the run")
    except CitycamError as error:
        progress.abandon()
        if not (run.root / "marks.json").exists():
            raise
        stderr_console().print(f"[red]the campaign ended early:[/] {escape(str(error))}")
    finally:
        if keep:
            progress.close()
            stderr_console().print("the platform is left standing: `citycam stack down --volumes` takes it down")
        else:
            tools.stack.down(progress)
            progress.close()
    judgement = _judge(run, campaign.gates, interrupted=interrupted)
    _show(judgement, run, as_json)
    return ExitCode.INTERRUPTED if interrupted else judgement.verdict.exit_code


@app.command(name="judge")
@verb
def judge_run(
    run: RunFolder,
    campaign: Annotated[Path | None, typer.Option(help="Judge by another campaign's limits.")] = None,
    as_json: Json = False,
) -> ExitCode:
    """Judge the evidence of a run again and write its verdict and report anew."""
    opened = open_run(run)
    gates = load_campaign(campaign).gates if campaign else _limits_of(opened)
    judgement = _judge(opened, gates)
    _show(judgement, opened, as_json)
    return judgement.verdict.exit_code


def _prepare(
    file: Path, instead: Mapping[str, Path | float | None], fault: FaultKind | None, follow: Path | None
) -> tuple[Campaign, Environment, Plan]:
    """Read and cross-check every file before anything starts.

    What `instead` has of a campaign's keys counts instead of what the file says; so the run's own copy says it too.

    Raises:
        ConfigError: the first thing that is wrong.
    """
    campaign = load_campaign(file)
    campaign = campaign.model_copy(update={key: value for key, value in instead.items() if value is not None})
    if campaign.recording < campaign.playback.clip:
        raise ConfigError(
            f"{show_duration(campaign.recording)} of recording are less than one clip to play back",
            where=f"{file}: playback",
            why=f"of every camera {show_duration(campaign.playback.clip)} are played back",
            next="record longer",
        )
    parse_limits(campaign.gates, where=f"{file}: gates")
    environment = load_environment(campaign.environment)
    plan = make_plan(load_inventory(campaign.inventory), environment, load_plan(follow) if follow else None)
    if fault is not None:
        chosen = random.Random(campaign.seed).sample(sorted(plan.by_id()), FAULTY_CAMERAS)
        extra = Fault(kind=fault.value, cameras=chosen, set={"every": 50})
        campaign = campaign.model_copy(update={"faults": (*campaign.faults, extra)})
    for number, named in enumerate(campaign.faults):
        try:
            faults.check(named.record())
        except ConfigError as error:
            raise ConfigError(error.what, where=place(file, ("faults", number)), why=error.why) from error
        absent = sorted(set(named.cameras) - set(plan.by_id()))
        if absent:
            raise ConfigError(
                f"the fault {named.kind} names cameras that are not in the inventory: {', '.join(absent)}",
                where=f"{file}: faults",
                next=f"use cameras of {campaign.inventory}",
            )
    return campaign, environment, plan


def _duration(text: str | None) -> float | None:
    """Seconds of `--recording`; None where it is not given.

    Raises:
        ConfigError: it is no duration.
    """
    if text is None:
        return None
    try:
        return TypeAdapter[float](Seconds).validate_python(text)
    except ValidationError as error:
        why = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ConfigError(why, where="--recording", next="write it as 75s or 2min") from error


def _need(campaign: Campaign, plan: Plan) -> doctor.Need:
    seconds = campaign.warm_up + campaign.recording + campaign.drain
    bits = sum(camera.stream.bitrate for camera in plan.cameras) * seconds
    return doctor.Need(disk_bytes=round(bits / 8 * DISK_MARGIN), cameras=len(plan.cameras))


def _judge(run: Run, gates: dict[str, str], *, interrupted: bool = False) -> Judgement:
    judgement = evaluate(run.root, gates)
    if interrupted:
        judgement = judgement.model_copy(update={"verdict": Verdict.UNKNOWN})
    judgement.save(run.root)
    from citycam.report.html import render  # with its charts, the slowest import of all

    render(run.root)
    write_junit(run.root)
    return judgement


def _show(judgement: Judgement, run: Run, as_json: bool) -> None:
    def text(console: Console) -> None:
        table = Table("", "criterion", "limit", "measured", "margin", "samples", box=None, pad_edge=False)
        asked = [one for one in judgement.criteria if one.verdict != Verdict.NOT_APPLICABLE]
        for one in sorted(asked, key=lambda one: one.verdict != Verdict.FAIL):
            numbers = [_number(one.limit), _number(one.measured), _number(one.margin)]
            table.add_row(MARKS.get(one.verdict, one.verdict), one.title, *numbers, f"{one.samples:,} {one.unit}")
            if one.verdict in (Verdict.FAIL, Verdict.UNKNOWN):
                table.add_row("", f"[dim]{one.why} {' '.join(one.cameras[:8])}[/]")
        console.print(table)
        console.print(f"\n{MARKS.get(judgement.verdict, judgement.verdict)}  {judgement.title}")
        console.print(f"report  {run.root / 'report.html'}")

    data = judgement.model_dump(mode="json") | {"folder": str(run.root)}
    Output(as_json).result(data, text, verdict=judgement.verdict.value)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.6g}"


def _limits_of(run: Run) -> dict[str, str]:
    """The limits a run was made with."""
    path = run.root / "campaign.json"
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["gates"])
    except (OSError, ValueError, KeyError) as error:
        raise EvidenceMissing(
            "the run does not say by what limits to judge it",
            where=str(path),
            why=str(error),
            next="name a campaign with --campaign",
        ) from error
