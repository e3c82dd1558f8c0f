"""`citycam inventory survey`: what is really there, by asking the devices, and how it differs from what was told."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citycam.cli.inventory import key_path
from citycam.cli.output import ConsoleProgress, Output, stderr_console
from citycam.cli.verb import Json, verb
from citycam.inventory import inventory as inventory_file
from citycam.inventory.folder import Import, prepare, write
from citycam.inventory.inventory import load_records
from citycam.inventory.record import CameraRecord
from citycam.inventory.roster import load_inventory
from citycam.inventory.secret_store import SecretStore, load_key
from citycam.inventory.survey.accounts import Accounts, load_accounts, stored_accounts
from citycam.inventory.survey.compare import Comparison, compare
from citycam.inventory.survey.found import found_in
from citycam.inventory.survey.journal import Survey, load_survey
from citycam.inventory.survey.roster import records_of
from citycam.inventory.survey.scope import scope_of
from citycam.inventory.survey.services import DEFAULT, load_services
from citycam.inventory.survey.submission import version_of
from citycam.model.errors import ConfigError, ExitCode
from citycam.survey.surveyor import Manner, Told
from citycam.survey.surveyor import survey as run

SHOWN = 20
"""Lines of each kind that are shown; the files have all."""


def add_to(inventory: typer.Typer) -> None:
    """Add the verb to its group."""
    inventory.command(name="survey")(survey)


@verb
def survey(
    out: Annotated[Path, typer.Option(help="The survey's file (.jsonl); one that is there is gone on with.")],
    network: Annotated[
        list[str] | None, typer.Option(help="A network that may be surveyed, as in 10.20.0.0/22.")
    ] = None,
    networks: Annotated[list[Path] | None, typer.Option(help="A file that declares networks.")] = None,
    public: Annotated[bool, typer.Option("--public", help="Yes: the --network may be public addresses.")] = False,
    inventory: Annotated[
        Path | None, typer.Option(help="What is declared: an inventory.jsonl, its folder, or a roster .csv.")
    ] = None,
    accounts: Annotated[
        Path | None, typer.Option(help="CSV of address,username,password; or the inventory's secret store (.json).")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Key of the secret store.", show_default="~/.config/citycam")] = None,
    services: Annotated[Path, typer.Option(help="Ports to look at.", show_default="a short list")] = DEFAULT,
    rate: Annotated[float, typer.Option(min=0.1, max=5000, help="Connections a second, all devices together.")] = 200,
    devices: Annotated[int, typer.Option(min=1, max=2000, help="Devices at once.")] = 200,
    timeout: Annotated[float, typer.Option(min=0.2, max=60, help="Seconds to wait for an answer.")] = 3,
    measure: Annotated[float, typer.Option(min=1, max=600, help="Seconds of each stream to measure.")] = 2,
    multicast: Annotated[bool, typer.Option("--multicast", help="Also ask by multicast who is there.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Begin the file anew.")] = False,
    merge: Annotated[bool, typer.Option("--merge", help="Take what was found into the inventory's folder.")] = False,
    as_json: Json = False,
) -> ExitCode:
    """Ask every device of the declared networks what it is; say what is unknown, absent, moved, or not as declared."""
    scope = scope_of(network or (), networks or (), public=public)
    records = _records(inventory) if inventory else []
    if merge and (inventory is None or not inventory.is_dir()):
        raise ConfigError("there is nothing to merge into", where="--merge", next="name the folder with --inventory")
    given = _accounts(accounts, key, records) if accounts else Accounts()
    if again:
        out.unlink(missing_ok=True)
    progress = ConsoleProgress()
    progress.phase("survey", f"{scope.size:,} addresses, {len(records):,} cameras declared")
    manner = Manner(rate, devices, timeout, measure, multicast)
    code, told = ExitCode.OK, None
    try:
        told = uvloop.run(
            run(
                out,
                scope,
                records,
                given,
                load_services(services),
                manner,
                lambda done, of: progress.note(f"{done:,}/{of:,}"),
            )
        )
        progress.close()
    except KeyboardInterrupt:
        progress.abandon()
        stderr_console().print("interrupted: what was found is kept, and the same call goes on with it")
        code = ExitCode.INTERRUPTED
    found = load_survey(out)
    comparison = compare(found.visits.values(), records, scope)
    _write_findings(out.with_suffix(".findings.json"), comparison)
    merged = _merge(out, found, inventory) if merge and inventory and code is ExitCode.OK else None
    data = _summary(found, comparison, told, merged) | {"findings": comparison.as_dict()}
    Output(as_json).result(data, lambda console: _show(console, data, comparison, out))
    return code


def _records(path: Path) -> list[CameraRecord]:
    if path.suffix == ".csv":
        return records_of(load_inventory(path))
    return load_records(path / inventory_file.FILE if path.is_dir() else path)


def _accounts(path: Path, key: Path | None, records: list[CameraRecord]) -> Accounts:
    if path.suffix != ".json":
        return load_accounts(path)
    if not path.exists():
        raise ConfigError("there is no secret store", where=str(path), next="check the path")
    return stored_accounts(records, SecretStore(path, load_key(key or key_path())).reader())


def _merge(out: Path, survey: Survey, folder: Path) -> Import:
    digest = "sha256:" + hashlib.sha256(out.read_bytes()).hexdigest()
    version = version_of(survey, digest, out.name, load_records(folder / inventory_file.FILE))
    made = prepare([], folder, datetime.now(UTC).replace(microsecond=0), surveys=[version])
    write(made, folder)
    return made


def _write_findings(path: Path, comparison: Comparison) -> None:
    document = {"schema": "citycam.survey-findings", "schema_version": 1, **comparison.as_dict()}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


def _summary(survey: Survey, comparison: Comparison, told: Told | None, merged: Import | None) -> dict[str, Any]:
    visits = list(survey.visits.values())
    present = [visit for visit in visits if visit.present]
    cameras = [found for visit in present for found in found_in(visit)]
    return {
        "whole": survey.whole,
        "addresses": len(visits),
        "devices": len(present),
        "cameras": len(cameras),
        "measured": sum(found.measured for found in cameras),
        "refused": {str(visit.address): list(visit.refused) for visit in present if visit.refused},
        "connections": told.opened if told else None,
        "elsewhere": [str(address) for address in told.elsewhere] if told else [],
        "found": len(comparison.found),
        "moved": len(comparison.moved),
        "absent": len(comparison.absent),
        "replaced": len(comparison.replaced),
        "unknown": len(comparison.unknown),
        "differences": len(comparison.differences),
        "merged": merged.summary() if merged else None,
    }


def _show(console: Console, data: dict[str, Any], comparison: Comparison, out: Path) -> None:
    part = "" if data["whole"] else ", not all of them yet"
    console.print(
        f"{data['addresses']:,} addresses{part}: {data['devices']:,} devices, {data['cameras']:,} cameras, "
        f"{data['measured']:,} measured"
    )
    console.print(
        f"{data['found']:,} of the inventory found, {data['moved']} at another address, {data['absent']} absent, "
        f"{data['replaced']} replaced, {data['unknown']} unknown, {len(comparison.outside)} not looked for"
    )
    for name, (old, new) in list(comparison.moved.items())[:SHOWN]:
        console.print(f"[yellow]moved[/]    {name} from {old} to {new}")
    for name in comparison.absent[:SHOWN]:
        console.print(f"[red]absent[/]   {name}")
    for name, address in list(comparison.replaced.items())[:SHOWN]:
        console.print(f"[red]replaced[/] {name}: another device answers at {address}")
    for one in comparison.unknown[:SHOWN]:
        what = " ".join(str(one[name]) for name in ("vendor", "model", "serial") if name in one)
        console.print(f"[yellow]unknown[/]  {one['address']} {escape(what)}")
    for address, names in list(data["refused"].items())[:SHOWN]:
        console.print(f"[red]refused[/]  {address} did not let in {escape(', '.join(names))}; each was tried once")
    if comparison.differences:
        table = Table("camera", "fact", "declared", "found", "by")
        for difference in comparison.differences[:SHOWN]:
            declared, found = escape(str(difference.declared)), escape(str(difference.found))
            table.add_row(difference.camera, difference.field, declared, found, difference.probe)
        console.print(table)
        if data["differences"] > SHOWN:
            console.print(f"… and {data['differences'] - SHOWN:,} more differences")
    if data["merged"]:
        console.print(f"merged: {data['merged']['cameras']:,} cameras, {data['merged']['to_review']} questions")
    console.print(f"{out}, {out.with_suffix('.findings.json')}")
