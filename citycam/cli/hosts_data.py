"""`citycam hosts`: what becomes of the database: backups with proof, restore to a time, promotion of the replica."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from citycam.cli.hosts_call import LAB, Call, Check, EnvironmentFile, Hosts, run_play, run_verb, show
from citycam.cli.output import phase
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from infra.backup_copy import copy_backup

When = Annotated[str, typer.Option("--to", help="RFC 3339 time, 2026-03-01T08:00:00+07:00; without it the newest.")]


class Kind(StrEnum):
    """What `backup` does."""

    FULL = "full"
    INCR = "incr"
    VERIFY = "verify"


def add_to(app: typer.Typer) -> None:
    """Put the verbs into the group."""
    app.command()(backup)
    app.command()(restore)
    app.command()(promote)


@verb
def backup(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    kind: Annotated[Kind, typer.Option(help="Everything, what changed, or prove the newest backup.")] = Kind.INCR,
    copy: Annotated[
        Path | None, typer.Option(help="Then a copy of the repository into this folder, encrypted as it is.")
    ] = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Back the database up now, or prove the newest backup; timers on the hosts do both by themselves."""
    call = Call(environment, inventory, as_json, check=check)
    result, folder = run_play("backup", f"back up, {kind.value}", call, {"database_backup_kind": kind.value})
    if copy and not check:
        with phase("copy", f"copy the repository to {copy}"):
            copy_backup(load_environment(environment), copy, inventory)
    show(result, call, folder)


@verb
def restore(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    to: When = "",
    repository: Annotated[Path | None, typer.Option(help="A copy made by `backup --copy`.", exists=True)] = None,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Restore the database to a time, and compare every table with what the backup says of it."""
    chosen = {"restore_to": to} if to else {}
    if repository:
        chosen["restore_repository"] = str(repository.resolve())
    run_verb("restore", "restore the database", Call(environment, inventory, as_json, check=check), chosen)


@verb
def promote(
    environment: EnvironmentFile = LAB,
    inventory: Hosts = None,
    primary: Annotated[str, typer.Option(help="database-1 or database-2; without it the one that follows.")] = "",
    accept_loss: Annotated[bool, typer.Option(help="Promote one that commits did not wait for.")] = False,
    check: Check = False,
    as_json: Json = False,
) -> None:
    """Have the replica take the writes; the old primary is fenced first and follows it then."""
    chosen: dict[str, Any] = {"database_accept_loss": accept_loss}
    if primary:
        chosen["database_primary"] = primary
    run_verb("promote", "promote the replica", Call(environment, inventory, as_json, check=check), chosen)
