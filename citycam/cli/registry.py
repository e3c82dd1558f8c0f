"""`citycam inventory publish`, `published`, `rollback`: the registry in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import ConsoleProgress, Output
from citycam.cli.plan import FOLDER, InventoryFile, WaiverFile
from citycam.cli.plan_files import day_of, digest_of, granted_waivers, read_inventory
from citycam.cli.platform import Platform
from citycam.cli.redaction import redaction
from citycam.cli.verb import Json, verb
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError
from citycam.plan.city import load_city_plan
from citycam.policy.conformity import assess
from citycam.policy.log import DecisionLog
from citycam.policy.standard import load_standards, rules_at
from citycam.registry.access import dsn_from_file, dsn_from_service
from citycam.registry.registry import Published, Registry
from citycam.registry.rows import Publication
from infra.endpoints import database_reached

DsnFile = Annotated[
    Path | None, typer.Option("--dsn-file", help="A private file (mode 0600) with the connection string.")
]
Service = Annotated[str | None, typer.Option("--service", help="A service of ~/.pg_service.conf.")]
Environment = Annotated[
    Path | None, typer.Option("--environment", "-e", help="The database of a standing environment.")
]
Plan = Annotated[Path | None, typer.Option("--plan", help="The plan made from this inventory.")]
LogFile = Annotated[Path | None, typer.Option("--log", help="The log of decisions.")]
Note = Annotated[str, typer.Option("--note", help="Why this version, for the list.")]


def add_to(inventory: typer.Typer) -> None:
    """Add the verbs to their group."""
    inventory.command()(publish)
    inventory.command()(published)
    inventory.command()(rollback)


@verb
def publish(
    inventory: InventoryFile = FOLDER,
    plan: Plan = None,
    log: LogFile = None,
    waivers: WaiverFile = None,
    note: Note = "",
    dsn_file: DsnFile = None,
    service: Service = None,
    environment: Environment = None,
    as_json: Json = False,
) -> None:
    """Load inventory, verdicts, decisions and plan into PostgreSQL as a new version, in one transaction."""
    publication = _publication(inventory, plan, log, waivers, note)
    with _registry(dsn_file, service, environment) as registry:
        progress = ConsoleProgress()
        progress.phase("publish", f"{len(publication.assessments):,} cameras")
        try:
            done = registry.publish(publication)
        except BaseException:
            progress.abandon()
            raise
        progress.close()
    _show(done, as_json, f"version {done.version}" if done.fresh else f"version {done.version} has it all already")


@verb
def published(
    dsn_file: DsnFile = None, service: Service = None, environment: Environment = None, as_json: Json = False
) -> None:
    """List the versions that were published."""
    with _registry(dsn_file, service, environment) as registry:
        versions = registry.versions()

    def text(console: Console) -> None:
        table = Table("version", "", "published", "judged on", "cameras", "note")
        for one in versions:
            mark = "current" if one.current else ""
            when = f"{one.published_at:%Y-%m-%d %H:%M}"
            table.add_row(str(one.number), mark, when, one.judged_on, f"{one.cameras:,}", one.note)
        console.print(table)

    Output(as_json).result([asdict(one) for one in versions], text)


@verb
def rollback(
    version: Annotated[int, typer.Argument(min=1, help="A version of `citycam inventory published`.")],
    dsn_file: DsnFile = None,
    service: Service = None,
    environment: Environment = None,
    as_json: Json = False,
) -> None:
    """Make an older version the current one; none is lost."""
    with _registry(dsn_file, service, environment) as registry:
        done = registry.rollback(version)
    _show(done, as_json, f"version {done.version} is current, after {done.previous}")


def _publication(inventory: Path, plan: Path | None, log: Path | None, waivers: Path | None, note: str) -> Publication:
    records, digest = read_inventory(inventory)
    made = load_city_plan(plan) if plan else None
    if made is not None and made.inventory_digest != digest:
        raise ConfigError(
            "the plan was made from another inventory", where=str(plan), next="make it again with `citycam plan`"
        )
    day, standards = made.judged_on if made else day_of(None), load_standards()
    return Publication(
        assessments=assess(records, rules_at(standards, day), day, granted_waivers(standards, waivers)),
        judged_on=day,
        inventory_digest=digest,
        plan=made,
        plan_digest=digest_of(plan) if plan else None,
        decisions=DecisionLog(log).entries() if log else (),
        note=note,
    )


@contextmanager
def _registry(dsn_file: Path | None, service: str | None, environment: Path | None) -> Iterator[Registry]:
    """The registry that the options name, reached as long as the `with` lasts.

    Raises:
        ConfigError: none is named, or several.
    """
    if sum(option is not None for option in (dsn_file, service, environment)) != 1:
        raise ConfigError(
            "which database?", next="give one of --dsn-file, --service and --environment; never a password as an option"
        )
    if dsn_file is not None:
        dsn = dsn_from_file(dsn_file)
        redaction.learn(dsn)
        yield Registry(dsn)
    elif service is not None:
        yield Registry(dsn_from_service(service))
    elif environment is not None:
        settings = load_environment(environment)
        with database_reached(settings, Platform(settings).outputs) as dsn:
            yield Registry(dsn)


def _show(done: Published, as_json: bool, text: str) -> None:
    Output(as_json).result(asdict(done), lambda console: console.print(text))
