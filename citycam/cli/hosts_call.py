"""How the verbs of `citycam hosts` are called: their options, and their plays with progress, evidence and outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import ConsoleProgress, Output
from citycam.model.environment import Pools, load_environment
from citycam.model.errors import CitycamError, ConfigError
from citycam.model.workspace import PROJECT
from infra.hosts import run_hosts
from infra.hosts_run import HostsRun
from infra.playbook import PlaybookResult, TaskEvent

LAB = PROJECT / "environments" / "lab.yaml"
NODE_NAME = r"[a-z][a-z0-9-]*"
EnvironmentFile = Annotated[
    Path, typer.Option("--environment", "-e", help="The environment file.", show_default="environments/lab.yaml")
]
Hosts = Annotated[Path | None, typer.Option("--inventory", "-i", help="Ansible's inventory, if not the environment's.")]
Limit = Annotated[str, typer.Option("--limit", "-l", help="Only these hosts: names and groups, as for Ansible.")]
Check = Annotated[bool, typer.Option("--check", help="Say what would change; change nothing.")]
Names = Annotated[list[str], typer.Argument(metavar="NODE...", help="Hosts by their names in the inventory.")]


OnTask = Callable[[TaskEvent], None]


@dataclass(frozen=True)
class Call:
    """How a verb was called."""

    environment: Path
    inventory: Path | None
    as_json: bool
    limit: str = ""
    check: bool = False


def named(nodes: list[str]) -> dict[str, Any]:
    """The hosts that a verb is about, as its play's variable.

    Raises:
        ConfigError: one is a group or a pattern, which could take in more than was meant.
    """
    groups = {"all", "ungrouped", "managers", "workers", *Pools.model_fields}
    for node in nodes:
        if not re.fullmatch(NODE_NAME, node) or node in groups:
            raise ConfigError(f"{node} is no host's name", next="name hosts as the inventory does: node-4")
    return {"citycam_nodes": nodes}


def run_verb(name: str, title: str, call: Call, variables: dict[str, Any] | None = None) -> None:
    """Run a verb's play and print how every host came out."""
    result, folder = run_play(name, title, call, variables)
    show(result, call, folder)


def run_play(
    name: str,
    title: str,
    call: Call,
    variables: dict[str, Any] | None = None,
    judge: Callable[[PlaybookResult], None] = lambda _: None,
) -> tuple[PlaybookResult, Path]:
    """Run a verb's play; the result, and the folder of its evidence. What `judge` raises is how the verb failed.

    Raises:
        ConfigError, EnvironmentFailure: as `infra.hosts.run_hosts` does.
    """

    def play(on_event: OnTask) -> PlaybookResult:
        result = run_hosts(
            name,
            load_environment(call.environment),
            variables,
            inventory=call.inventory,
            limit=call.limit,
            check=call.check,
            on_event=on_event,
        )
        judge(result)
        return result

    return with_evidence(name, title, play)


def with_evidence(name: str, title: str, play: Callable[[OnTask], PlaybookResult]) -> tuple[PlaybookResult, Path]:
    """Run a play; its events are the progress on stderr and stay as evidence, in the folder that is returned."""
    stage, kept = ConsoleProgress(), HostsRun(PROJECT / "runs", name)
    stage.phase(name, title)
    try:
        result = play(_both(stage, kept))
    except BaseException as error:
        stage.abandon()
        known = error if isinstance(error, CitycamError) else CitycamError(type(error).__name__)
        kept.close(known.details, str(known))
        if isinstance(error, KeyboardInterrupt):
            stage.warn("hosts keep what was done so far; the same command again goes on from there")
        raise
    stage.close()
    kept.close(asdict(result))
    return result, kept.folder


def _both(stage: ConsoleProgress, kept: HostsRun) -> OnTask:
    def hear(event: TaskEvent) -> None:
        kept.hear(event)
        if event.state != "skipped":
            stage.note(f"{event.host}: {': '.join(filter(None, (event.role, event.task)))}")

    return hear


def show(result: PlaybookResult, call: Call, folder: Path, more: Sequence[str] = ()) -> None:
    """Print how every host came out, and `more` lines."""

    def text(console: Console) -> None:
        table = Table("host", "changed", "as it was", "skipped")
        for host, counts in result.hosts.items():
            table.add_row(host, str(counts.changed), str(counts.ok - counts.changed), str(counts.skipped))
        console.print(table)
        for line in more:
            console.print(line)
        console.print(f"events  {folder.relative_to(PROJECT)}/events.jsonl")

    data = {"check": call.check, "events": str(folder / "events.jsonl"), **asdict(result)}
    Output(call.as_json).result(data, text)
