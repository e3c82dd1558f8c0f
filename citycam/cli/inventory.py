"""`citycam inventory`: make a sample, check a file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import Output
from citycam.cli.verb import LOCAL, EnvironmentFile, Json, verb
from citycam.inventory.roster import dump_csv, load_inventory
from citycam.inventory.sample import sample_inventory
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.plan.plan import make_plan

app = typer.Typer(help="Which cameras there are.", no_args_is_help=True)


@app.command()
@verb
def sample(
    cameras: Annotated[int, typer.Option(min=1, help="How many.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same cameras.")] = 7,
    environment: EnvironmentFile = LOCAL,
    out: Annotated[Path | None, typer.Option(help="A .csv file; stdout without it.")] = None,
) -> None:
    """Write a plausible inventory, spread over the real wards and communes of Hanoi."""
    lan = load_environment(environment).networks.camera_range
    try:
        text = dump_csv(sample_inventory(cameras, seed, lan))
    except ValueError as error:
        raise ConfigError(
            str(error), where=str(environment), next="ask for fewer cameras, or widen camera_lan"
        ) from error
    if out is None:
        typer.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8")


@app.command()
@verb
def check(file: Path, environment: EnvironmentFile = LOCAL, as_json: Json = False) -> None:
    """Validate an inventory file and show how its cameras would be spread over the gateways."""
    plan = make_plan(load_inventory(file), load_environment(environment))
    spread = {gateway: len(cameras) for gateway, cameras in plan.gateways.items()}
    wards = Counter(camera.ward for camera in plan.cameras)

    def text(console: Console) -> None:
        table = Table("gateway", "cameras")
        for gateway, count in spread.items():
            table.add_row(gateway, str(count))
        console.print(f"{len(plan.cameras)} cameras in {len(wards)} wards; {plan.inventory_digest}")
        console.print(table)

    data = {"cameras": len(plan.cameras), "wards": len(wards), "gateways": spread, "digest": plan.inventory_digest}
    Output(as_json).result(data, text)
