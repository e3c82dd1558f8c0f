"""`citycam archive`: account for every frame of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from citycam.cli.output import ConsoleProgress, Output
from citycam.cli.verb import Json, verb
from citycam.evidence.audit import audit
from citycam.evidence.run import Run
from citycam.model.errors import ConfigError, ExitCode
from citycam.plan.plan import load_plan

app = typer.Typer(help="What the gateways recorded.", no_args_is_help=True)
RunFolder = Annotated[Path, typer.Argument(help="The run's folder, such as runs/latest.", metavar="RUN")]


def open_run(folder: Path) -> Run:
    """The run in `folder`.

    Raises:
        ConfigError: it is not the folder of a run.
    """
    if not (folder / "plan.json").is_file():
        raise ConfigError(
            f"{folder} is not the folder of a run", where=str(folder), why="it has no plan.json", next="try runs/latest"
        )
    return Run(folder.resolve())


@app.command(name="audit")
@verb
def audit_run(run: RunFolder, as_json: Json = False) -> ExitCode:
    """Read every recorded segment and account for every frame sent; exit 1 for any defect, 3 without a whole ledger."""
    opened = open_run(run)
    progress = ConsoleProgress()
    progress.phase("audit", "account for every frame")
    summary = audit(opened, load_plan(opened.root / "plan.json"), on_progress=progress.note)
    progress.close()
    totals: dict[str, int] = json.loads((opened.audit / "audit.json").read_text(encoding="utf-8"))["totals"]

    def text(console: Console) -> None:
        table = Table("frames", "", title=str(opened.root))
        for name, value in totals.items():
            table.add_row(name.replace("_", " "), f"{value:,}")
        console.print(table)
        console.print(
            f"{summary.findings} findings, {summary.frames_per_second:,.0f} frames/s; tables in {opened.audit}"
        )

    Output(as_json).result({"totals": totals, "findings": summary.findings, "folder": str(opened.audit)}, text)
    if not summary.ledger_complete:
        return ExitCode.UNKNOWN
    return ExitCode.GATE_FAILED if summary.findings else ExitCode.OK
