"""`citycam inventory`: the form, submissions in, the inventory out; samples to try it with."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from citycam.cli.output import ConsoleProgress, Output
from citycam.cli.verb import LOCAL, EnvironmentFile, Json, verb
from citycam.inventory import inventory
from citycam.inventory.derive import roster_of
from citycam.inventory.diff import compare_records
from citycam.inventory.folder import STORE, Import, load_decisions, prepare, write
from citycam.inventory.form import template as form_template
from citycam.inventory.inventory import load_records
from citycam.inventory.remark import Level
from citycam.inventory.roster import dump_csv, load_inventory
from citycam.inventory.sample import sample_inventory
from citycam.inventory.secret_store import SecretStore, load_key
from citycam.inventory.submission_sample import write_submissions
from citycam.model.environment import load_environment
from citycam.model.errors import ConfigError, ExitCode
from citycam.plan.plan import make_plan

app = typer.Typer(help="Which cameras there are.", no_args_is_help=True)

SUBMITTED = (".xlsx", ".xlsm", ".xls", ".csv")
SHOWN = 20
"""Remarks and changes that are shown; the files have all."""


@app.command()
@verb
def template(out: Annotated[Path, typer.Option(help="The .xlsx file to write.")]) -> None:
    """Write the form that an agency fills in."""
    _write(out, form_template())


@app.command("import")
@verb
def import_(
    files: Annotated[list[Path], typer.Argument(help="XLSX and CSV files, or folders of them.")],
    out: Annotated[Path, typer.Option(help="The inventory's folder.")],
    decisions: Annotated[Path | None, typer.Option(help="CSV of what people decided: item,decision.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would come of it and write nothing.")] = False,
    key: Annotated[Path | None, typer.Option(help="Key of the secret store.", show_default="~/.config/citycam")] = None,
    received: Annotated[datetime | None, typer.Option(help="When the files came (UTC).", show_default="now")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.", show_default="one a core")] = None,
    as_json: Json = False,
) -> ExitCode:
    """Read submissions into the inventory: every row is accepted, noted or rejected, and nothing is dropped."""
    found, beside = _submitted(files)
    decided = load_decisions(decisions) if decisions else None
    when = (received or datetime.now(UTC)).replace(tzinfo=UTC, microsecond=0)
    progress = ConsoleProgress()
    progress.phase("read", f"{len(found)} files")
    made = prepare(
        found,
        out,
        when,
        decided,
        workers=workers,
        seen=lambda done: progress.note(f"{done} of {len(found)}"),
    )
    if not dry_run:
        progress.phase("write", str(out))
        if made.credentials:
            SecretStore(out / STORE, load_key(key or key_path())).put(made.credentials)
        write(made, out)
    progress.close()
    for path in beside:
        progress.warn(f"{path}: left out, {'a folder: name it' if path.is_dir() else 'neither XLSX nor CSV'}")
    left_out = {"left_out": [str(path) for path in beside]}
    Output(as_json).result(_told(made, dry_run) | left_out, lambda console: _show(console, made, out, dry_run))
    return ExitCode.CONFIG if made.refused and len(made.refused) == len(made.taken) else ExitCode.OK


@app.command()
@verb
def diff(
    old: Annotated[Path, typer.Argument(help="An inventory.jsonl, or its folder.")],
    new: Annotated[Path, typer.Argument(help="Another.")],
    expect_no_changes: Annotated[bool, typer.Option("--expect-no-changes", help="Exit 7 on any change.")] = False,
    as_json: Json = False,
) -> ExitCode:
    """What changed between two inventories: cameras that came and went, facts that are others."""
    found = compare_records(load_records(_inventory(old)), load_records(_inventory(new)))

    def text(console: Console) -> None:
        cameras = len({change.camera for change in found.changed})
        console.print(f"{len(found.added)} added, {len(found.removed)} removed, {cameras} changed")
        table = Table("camera", "fact", "old", "new")
        for change in found.changed[:SHOWN]:
            table.add_row(change.camera, change.field, escape(str(change.old)), escape(str(change.new)))
        if found.changed:
            console.print(table)
            _more(console, len(found.changed))

    Output(as_json).result(found.as_dict(), text)
    return ExitCode.CHANGES if found and expect_no_changes else ExitCode.OK


@app.command()
@verb
def roster(
    folder: Annotated[Path, typer.Argument(help="An inventory.jsonl, or its folder.")],
    out: Annotated[Path, typer.Option(help="The .csv file to write.")],
    as_json: Json = False,
) -> None:
    """Write the cameras that gateways and fleet can use, and name those of which too much is unknown."""
    found = roster_of(load_records(_inventory(folder)))
    _write(out, dump_csv(found.cameras).encode())
    reasons = Counter(found.left_out.values())

    def text(console: Console) -> None:
        console.print(f"{len(found.cameras)} cameras, {len(found.left_out)} left out")
        for reason, count in reasons.most_common(SHOWN):
            console.print(f"  {count} {escape(reason)}")

    Output(as_json).result({"cameras": len(found.cameras), "left_out": found.left_out}, text)


@app.command()
@verb
def sample(
    cameras: Annotated[int, typer.Option(min=1, help="How many.")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same cameras.")] = 7,
    environment: EnvironmentFile = LOCAL,
    out: Annotated[
        Path | None,
        typer.Option(help="A .csv file for a roster, a folder for submissions; a roster on stdout without it."),
    ] = None,
) -> None:
    """Write a plausible roster, or messy submissions of many agencies with the truth about them in truth.json."""
    if out is not None and out.suffix != ".csv":
        write_submissions(cameras, seed, out)
        return
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


def _submitted(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The files that are meant: those that are named, and those of a submission's kind in the folders that are.

    And what else is in these folders, which nobody asked for and nobody should believe to be in.
    """
    found: list[Path] = []
    beside: list[Path] = []
    for path in paths:
        if path.is_dir():
            for one in sorted(path.iterdir()):
                if one.name[0] not in ".~":
                    (found if one.suffix.lower() in SUBMITTED and not one.is_dir() else beside).append(one)
        else:
            found.append(path)
    if not found:
        raise ConfigError("there is no submission", where=", ".join(map(str, paths)), next="name XLSX or CSV files")
    return list(dict.fromkeys(found)), beside


def _inventory(path: Path) -> Path:
    return path / inventory.FILE if path.is_dir() else path


def key_path() -> Path:
    """Where the key of a secret store is, unless it is named."""
    home = os.environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "citycam" / "inventory.key"


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError("cannot write", where=str(path), why=str(error), next="check the path") from error


def _told(made: Import, dry_run: bool) -> dict[str, Any]:
    return made.summary() | {
        "dry_run": dry_run,
        "refused": [remark.model_dump(mode="json", exclude_defaults=True) for remark in made.refused],
        "versions": [version.summary() for version in made.new],
        "changes": {
            name: {"added": len(one.added), "removed": len(one.removed), "changed": len(one.changed)}
            for name, one in made.changes.items()
        },
        "findings": [
            remark.model_dump(mode="json", exclude_defaults=True) for version in made.new for remark in version.remarks
        ]
        if dry_run
        else [],
    }


def _show(console: Console, made: Import, out: Path, dry_run: bool) -> None:
    counts = made.summary()
    console.print(
        f"{counts['files']} files: {counts['rows']} rows, {counts['accepted']} accepted, {counts['noted']} with notes, "
        f"{counts['rejected']} rejected"
    )
    console.print(
        f"{counts['cameras']} cameras ({counts['added']} new, {counts['changed']} changed, {counts['removed']} gone), "
        f"{counts['merged']} rows merged, {counts['to_review']} questions, {counts['contradictions']} contradictions"
    )
    if counts["unchanged_files"]:
        console.print(f"{counts['unchanged_files']} files were here before and say the same")
    if counts["credentials_moved"]:
        went = "would go" if dry_run else "went"
        console.print(f"{counts['credentials_moved']} rows had credentials; they {went} to the secret store")
    for name, one in made.changes.items():
        changed = len({change.camera for change in one.changed})
        console.print(f"{name}: {len(one.added)} cameras added, {len(one.removed)} removed, {changed} changed")
    for remark in made.refused:
        console.print(f"[red]refused[/] {escape(str(remark))}")
    errors = [remark for version in made.new for remark in version.remarks if remark.level is Level.ERROR]
    for remark in errors[:SHOWN]:
        console.print(f"[yellow]rejected[/] {escape(str(remark))}")
    _more(console, len(errors))
    console.print(
        "nothing was written"
        if dry_run
        else f"{out}: rejected rows for each submitter in returned/, questions in review.jsonl"
    )


def _more(console: Console, count: int) -> None:
    if count > SHOWN:
        console.print(f"… and {count - SHOWN} more")
