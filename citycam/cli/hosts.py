"""`citycam hosts`: the machines that the platform stands on, made and kept by Ansible's plays."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import ConsoleProgress, Output
from citycam.cli.verb import EnvironmentFile, Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import CitycamError, ConfigError
from citycam.model.workspace import PROJECT
from infra.hosts import run_hosts
from infra.hosts_run import HostsRun
from infra.playbook import PlaybookResult, TaskEvent

app = typer.Typer(help="Make hosts into nodes, keep them, and let them go.", no_args_is_help=True)

LAB = PROJECT / "environments" / "lab.yaml"
Hosts = Annotated[Path | None, typer.Option("--inventory", "-i", help="Ansible's inventory, if not the environment's.")]
Limit = Annotated[str, typer.Option("--limit", "-l", help="Only these hosts: names and groups, as for Ansible.")]
Check = Annotated[bool, typer.Option("--check", help="Say what would change; change nothing.")]
Names = Annotated[list[str], typer.Argument(help="Hosts by their names in the inventory.")]


@dataclass(frozen=True)
class Call:
    """How a verb was called."""

    environment: Path
    inventory: Path | None
    as_json: bool
    limit: str = ""
    check: bool = False


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
    _run("deploy", "make the hosts into nodes", Call(environment, inventory, as_json, limit, check))


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
    _run("reconfigure", "bring the hosts what has changed", Call(environment, inventory, as_json, limit, check))


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
    _run("drain", "drain " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes))


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
    _run("add-node", "take in " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes))


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
    _run(
        "remove-node", "let go of " + ", ".join(nodes), Call(environment, inventory, as_json, check=check), named(nodes)
    )


@app.command()
@verb
def recover(
    environment: EnvironmentFile = LAB, inventory: Hosts = None, check: Check = False, as_json: Json = False
) -> None:
    """Bring gateways home, and give every gateway its standby again."""
    _run("recover", "bring gateways home", Call(environment, inventory, as_json, check=check))


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
    _run("destroy", "leave the hosts bare", Call(environment, inventory, as_json, limit, check))


def named(nodes: list[str]) -> dict[str, Any]:
    """The hosts that a verb is about, as its play's variable.

    Raises:
        ConfigError: one is no plain name: a pattern could take in more than was meant.
    """
    for node in nodes:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", node):
            raise ConfigError(f"{node} is no host's name", next="name hosts as the inventory does: node-4")
    return {"citycam_nodes": nodes}


def _run(name: str, title: str, call: Call, variables: dict[str, Any] | None = None) -> PlaybookResult:
    """Run a verb's play; its events are the progress on stderr and stay as evidence."""
    stage, kept = ConsoleProgress(), HostsRun(PROJECT / "runs", name)
    stage.phase(name, title)
    try:
        result = run_hosts(
            name,
            load_environment(call.environment),
            variables,
            inventory=call.inventory,
            limit=call.limit,
            check=call.check,
            on_event=_both(stage, kept),
        )
    except BaseException as error:
        stage.abandon()
        kept.close(None, str(error) if isinstance(error, CitycamError) else type(error).__name__)
        raise
    stage.close()
    kept.close(result)
    _show(result, call, kept.folder)
    return result


def _both(stage: ConsoleProgress, kept: HostsRun) -> Callable[[TaskEvent], None]:
    def hear(event: TaskEvent) -> None:
        kept.hear(event)
        if event.state != "skipped":
            stage.note(f"{event.host}: {': '.join(filter(None, (event.role, event.task)))}")

    return hear


def _show(result: PlaybookResult, call: Call, folder: Path) -> None:
    def text(console: Console) -> None:
        table = Table("host", "changed", "as it was", "skipped")
        for host, counts in result.hosts.items():
            table.add_row(host, str(counts.changed), str(counts.ok - counts.changed), str(counts.skipped))
        console.print(table)
        console.print(f"events  {folder.relative_to(PROJECT)}/events.jsonl")

    data = {"check": call.check, "events": str(folder / "events.jsonl"), **asdict(result)}
    Output(call.as_json).result(data, text)
