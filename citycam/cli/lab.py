"""`citycam lab`: bare machines to practise on, as systemd containers of this machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import Output, phase
from citycam.cli.verb import Json, verb
from citycam.model.environment import NAME
from citycam.model.errors import ConfigError, ExitCode
from infra.lab.lab import HostStatus, Lab

app = typer.Typer(
    help="Bare machines to practise on: make them, cut their power or their network, remove them.", no_args_is_help=True
)

Name = Annotated[str, typer.Option("--name", help="The lab; several stand side by side.")]
Hosts = Annotated[list[str], typer.Argument(metavar="HOST...", help="node-1, …, site-1")]


@app.command()
@verb
def up(
    name: Name = "lab",
    hosts: Annotated[int, typer.Option(help="How many nodes; the camera site comes on top.")] = 5,
    managers: Annotated[
        int | None, typer.Option(help="How many of them manage, an odd number; three if not said.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make bare Debian machines, reached by SSH, and their Ansible inventory; a lab that stands is left as it is."""
    lab = _lab(name)
    with phase("lab", f"{hosts} hosts and a camera site") as progress:
        found = lab.up(hosts, progress.note, managers=managers)
    _show(lab, found, as_json)


@app.command()
@verb
def status(name: Name = "lab", as_json: Json = False) -> ExitCode:
    """Which hosts there are and whether they run; exit 4 unless all do."""
    lab = _lab(name)
    found = lab.status()
    _show(lab, found, as_json)
    return ExitCode.OK if found and all(host.ok for host in found) else ExitCode.ENVIRONMENT


@app.command()
@verb
def kill(hosts: Hosts, name: Name = "lab", as_json: Json = False) -> None:
    """Cut the power of hosts: everything on them ends at once."""
    _change(name, as_json, "kill", "cut the power", lambda lab, report: lab.kill(hosts, report))


@app.command()
@verb
def start(hosts: Hosts, name: Name = "lab", as_json: Json = False) -> None:
    """Give hosts their power back and wait until they are up."""
    _change(name, as_json, "start", "give the power back", lambda lab, report: lab.start(hosts, report))


@app.command()
@verb
def cut(hosts: Hosts, name: Name = "lab", as_json: Json = False) -> None:
    """Take hosts off the administration network: they run on and see their cameras, and nobody hears them."""
    _change(name, as_json, "cut", "pull the administration cable", lambda lab, report: lab.cut(hosts, report))


@app.command()
@verb
def join(hosts: Hosts, name: Name = "lab", as_json: Json = False) -> None:
    """Bring hosts back to the administration network, at the address that they had."""
    _change(name, as_json, "join", "plug the administration cable in", lambda lab, report: lab.join(hosts, report))


@app.command()
@verb
def down(name: Name = "lab", as_json: Json = False) -> None:
    """Remove hosts, disks, bridges, keys and inventory, also what a broken run left."""
    lab = _lab(name)
    with phase("down", f"remove the lab {name}") as progress:
        removed = lab.down(progress.note)
    Output(as_json).result(
        removed, lambda console: console.print(f"removed {len(removed)} things" if removed else "nothing stood")
    )


def _lab(name: str) -> Lab:
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"{name!r} cannot be the name of a lab", where="--name", why=f"it does not match {NAME}")
    return Lab(name)


def _change(
    name: str,
    as_json: bool,
    verb: str,
    title: str,
    change: Callable[[Lab, Callable[[str], None]], list[HostStatus]],
) -> None:
    lab = _lab(name)
    with phase(verb, title) as progress:
        found = change(lab, progress.note)
    _show(lab, found, as_json)


def _show(lab: Lab, found: list[HostStatus], as_json: bool) -> None:
    inventory = lab.workspace.hosts

    def text(console: Console) -> None:
        if not found:
            console.print("no host stands")
            return
        table = Table("host", "address", "state", "groups")
        for host in found:
            table.add_row(host.host, host.address, host.state, ", ".join(host.groups))
        console.print(table)
        console.print(f"inventory  {inventory}")

    Output(as_json).result({"inventory": str(inventory), "hosts": [asdict(host) for host in found]}, text)
