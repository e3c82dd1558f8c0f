"""`citycam hosts`: the machines that the platform stands on, made and kept by Ansible's plays."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from citycam.cli import hosts_data, hosts_homes, hosts_secrets
from citycam.cli.hosts_call import (
    LAB,
    Call,
    Check,
    EnvironmentFile,
    Hosts,
    Limit,
    Names,
    named,
    run_play,
    run_verb,
    show,
)
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.model.workspace import Workspace
from infra.hosts import node_names
from infra.images.push import pushed
from infra.precheck import require

app = typer.Typer(help="Make hosts into nodes, keep them, and let them go.", no_args_is_help=True)


@app.command()
@verb
def precheck(
    environment: EnvironmentFile = LAB, inventory: Hosts = None, limit: Limit = "", as_json: Json = False
) -> None:
    """Find everything that stands against making the hosts into nodes, in one pass; nothing is changed."""
    call = Call(environment, inventory, as_json, limit)
    wanted = [] if limit else node_names(load_environment(environment))
    result, folder = run_play("precheck", "look at the hosts", call, judge=lambda looked: require(looked.data, wanted))
    show(result, call, folder)


@app.command()
@verb
def deploy(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    limit: Limit = "",
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Make hosts what the environment says, from bare Debian on; a second time changes nothing."""
    run_verb("deploy", "make the hosts into nodes", Call(environment, inventory, as_json, limit, check))


@app.command()
@verb
def reconfigure(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    limit: Limit = "",
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Bring what inventory and environment file say now to hosts that were deployed."""
    run_verb("reconfigure", "bring the hosts what has changed", Call(environment, inventory, as_json, limit, check))


@app.command()
@verb
def drain(
    nodes: Names,
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Have hosts give up what they run, before work on them; `add-node` brings them back."""
    run_verb("drain", "drain " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes))


@app.command()
@verb
def add_node(
    nodes: Names,
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Take hosts in that inventory and environment file have named, or back in after they were drained."""
    run_verb(
        "add-node", "take in " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes)
    )


@app.command()
@verb
def remove_node(
    nodes: Names,
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Drain hosts, have them leave the Swarm, and forget them; a host that is dead is forgotten too."""
    run_verb(
        "remove-node", "let go of " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes)
    )


@app.command()
@verb
def recover(
    environment: EnvironmentFile = LAB, inventory: Hosts = None, check: Check = False, as_json: Json = False
) -> None:
    """Bring gateways home, and give every gateway its standby again."""
    run_verb("recover", "bring gateways home", Call(environment, inventory, as_json, check=check))


@app.command()
@verb
def upgrade(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    image: Annotated[str, typer.Option(help="By digest; without it the gateway's image as it was pushed.")] = "",
    within: Annotated[int, typer.Option(help="Seconds in which every camera must be recorded again.")] = 20,
    gate: Annotated[str, typer.Option(help="Command asked after each gateway, its name added; 0 goes on.")] = "",
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Exchange the image of the gateways while they record, one after another, until a gate breaks."""
    found = load_environment(environment)
    wanted = image or pushed(found, Workspace.of(found.name), ["gateway"])["gateway"]
    variables = {
        "upgrade_image": wanted,
        "gateway_upgrade_within": within,
        "gateway_upgrade_check": shlex.split(gate),
    }
    call = Call(environment, inventory, as_json, check=check)
    result, folder = run_play("upgrade", "upgrade gateways", call, variables)
    show(result, call, folder, [_gap(*each) for each in result.data.get("gaps", {}).items()])


def _gap(gateway: str, gap: Mapping[str, Any] | None) -> str:
    longest = f"longest gap {gap['seconds']:.1f} s ({gap['camera']})" if gap else "no camera was recorded before"
    return f"{gateway}  {longest}"


@app.command()
@verb
def destroy(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    limit: Limit = "",
    check: Check = False,
    yes: Annotated[bool, typer.Option("--yes", help="Really: recordings and databases on the hosts go too.")] = False,
    as_json: Json = False,
) -> None:
    """Leave the hosts bare of us, with everything they recorded gone."""
    if not (yes or check):
        raise ConfigError(
            "this deletes everything on the hosts",
            where="citycam hosts destroy",
            next="say --yes, or --check to see what",
        )
    run_verb("destroy", "leave the hosts bare", Call(environment, inventory, as_json, limit, check))


hosts_data.add_to(app)
hosts_homes.add_to(app)
hosts_secrets.add_to(app)
