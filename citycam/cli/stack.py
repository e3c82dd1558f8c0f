"""`citycam stack`: the platform without a campaign."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import Output, phase
from citycam.cli.platform import Platform, say_in
from citycam.cli.verb import LOCAL, EnvironmentFile, Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import ExitCode
from infra.events import Changes

app = typer.Typer(help="Stand the platform up, look at it, take it down.", no_args_is_help=True)


@app.command()
@verb
def preview(environment: EnvironmentFile = LOCAL, as_json: Json = False) -> None:
    """Show what `up` would change; nothing is changed."""
    platform = Platform(load_environment(environment))
    with phase("preview", "compare with what stands") as progress:
        changes = platform.stack.preview(on_event=say_in(progress))
    _show(changes, as_json)


@app.command()
@verb
def up(
    environment: EnvironmentFile = LOCAL,
    expect_no_changes: Annotated[bool, typer.Option(help="Change nothing; exit 7 if something would.")] = False,
    as_json: Json = False,
) -> None:
    """Stand the platform up, or make it again what its environment file says."""
    platform = Platform(load_environment(environment))
    with phase("up", "stand up the platform") as progress:
        outputs = platform.stack.up(expect_no_changes=expect_no_changes, on_event=say_in(progress))

    def text(console: Console) -> None:
        console.print(f"https  https://{outputs.edge_https}\nrtsps  rtsps://{outputs.edge_rtsps}")
        console.print(f"certificate authority  {platform.workspace.pki / 'ca.crt'}")

    Output(as_json).result({"edge_https": outputs.edge_https, "edge_rtsps": outputs.edge_rtsps}, text)


@app.command()
@verb
def status(environment: EnvironmentFile = LOCAL, as_json: Json = False) -> ExitCode:
    """What runs now, as the engine sees it; exit 4 unless everything runs."""
    found = Platform(load_environment(environment)).stack.status()

    def text(console: Console) -> None:
        if not found.parts:
            console.print("nothing stands")
            return
        table = Table("part", "running", "on", "state")
        for part in found.parts:
            table.add_row(part.part, f"{part.running}/{part.desired}", ", ".join(part.nodes), part.state)
        console.print(table)

    Output(as_json).result([asdict(part) for part in found.parts], text)
    return ExitCode.OK if found.ok else ExitCode.ENVIRONMENT


@app.command()
@verb
def refresh(environment: EnvironmentFile = LOCAL, as_json: Json = False) -> None:
    """Find what was changed behind Pulumi's back; the next `up` repairs it."""
    platform = Platform(load_environment(environment))
    with phase("refresh", "look at everything") as progress:
        changes = platform.stack.refresh(on_event=say_in(progress))
    _show(changes, as_json)


@app.command()
@verb
def down(
    environment: EnvironmentFile = LOCAL,
    volumes: Annotated[bool, typer.Option("--volumes", help="Also data, secrets and the stack itself.")] = False,
    as_json: Json = False,
) -> None:
    """Take the services down; data and secrets stay unless `--volumes` is given."""
    platform = Platform(load_environment(environment))
    with phase("down", "take the platform down") as progress:
        platform.stack.down(volumes=volumes, on_event=say_in(progress))
    Output(as_json).result({"volumes": volumes}, lambda console: console.print("down"))


def _show(changes: Changes, as_json: bool) -> None:
    Output(as_json).result(asdict(changes), lambda console: console.print(str(changes)))
