"""`citycam hosts homes`: where gateways are, to be written down before a node comes or goes."""

from __future__ import annotations

import typer

from citycam.cli.hosts_call import LAB, EnvironmentFile
from citycam.cli.output import Output
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from citycam.plan.homes import homes
from infra.hosts import nodes_of


def add_to(app: typer.Typer) -> None:
    """Put the verb into the group."""
    app.command(name="homes")(show_homes)


@verb
def show_homes(environment: EnvironmentFile = LAB, as_json: Json = False) -> None:
    """Print the block `homes` for the file's `nodes`, by the file as it is: call it before you add a node there."""
    found = load_environment(environment)
    nodes = nodes_of(found)
    places = dict(homes(found.gateway_names, nodes.pools.recording, nodes.homes).home)
    lines = ["  homes:", *(f"    {gateway}: {node}" for gateway, node in places.items())]
    Output(as_json).result({"homes": places}, lambda console: console.print("\n".join(lines), markup=False))
