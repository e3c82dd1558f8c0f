"""`citycam`: the verbs, put together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam import __version__
from citycam.cli import (
    archive,
    campaign,
    city_reports,
    doctor,
    fleet,
    hosts,
    inventory,
    lab,
    plan,
    policy,
    registry,
    stack,
    survey,
)
from citycam.cli.output import Output
from citycam.cli.redaction import configure_logging
from citycam.cli.verb import LOCAL, EnvironmentFile, Json, verb
from citycam.inventory.roster import load_inventory
from citycam.model.environment import load_environment
from citycam.model.errors import ExitCode

app = typer.Typer(
    help="Stand up a city's central camera platform, record a simulated fleet, and judge it frame by frame.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(campaign.app, name="campaign")
app.add_typer(stack.app, name="stack")
app.add_typer(lab.app, name="lab")
app.add_typer(hosts.app, name="hosts")
app.add_typer(archive.app, name="archive")
app.add_typer(inventory.app, name="inventory")
app.add_typer(policy.app, name="policy")
app.add_typer(plan.app, name="plan")
app.add_typer(fleet.app, name="fleet")
city_reports.add_to(inventory.app, plan.app)
survey.add_to(inventory.app)
registry.add_to(inventory.app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"citycam {__version__}")
        raise typer.Exit


@app.callback()
def settings(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what every part does.")] = False,
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Options of every verb."""
    configure_logging(verbose)


@app.command(name="doctor")
@verb
def examine(
    environment: EnvironmentFile = LOCAL,
    inventory_file: Annotated[Path | None, typer.Option("--inventory", help="Also size it for these cameras.")] = None,
    as_json: Json = False,
) -> ExitCode:
    """Look at this machine before anything starts; exit 4 when something is missing."""
    cameras = load_inventory(inventory_file) if inventory_file else []
    findings = doctor.examine(load_environment(environment), doctor.Need(cameras=len(cameras)))

    def text(console: Console) -> None:
        table = Table("check", "", "seen", "fix")
        for finding in findings:
            table.add_row(finding.check, "[green]ok[/]" if finding.ok else "[red]no[/]", finding.seen, finding.fix)
        console.print(table)

    well = all(finding.ok for finding in findings)
    Output(as_json).result(doctor.as_data(findings), text)
    return ExitCode.OK if well else ExitCode.ENVIRONMENT


def main() -> None:
    """The console script."""
    app()
