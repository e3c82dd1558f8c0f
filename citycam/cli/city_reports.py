"""`citycam inventory report` and `citycam plan report`: one page each to look at, with a workbook beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from citycam.cli.output import Output
from citycam.cli.plan import FOLDER, Day, InventoryFile, PlanFile, WaiverFile
from citycam.cli.plan_files import PLAN, day_of, granted_waivers, read_inventory
from citycam.cli.policy import Language
from citycam.cli.verb import Json, verb
from citycam.inventory.record import CameraRecord
from citycam.model.errors import ConfigError
from citycam.plan.city import load_city_plan
from citycam.policy.conformity import assess
from citycam.policy.reading import read_proposals
from citycam.policy.sharing import Coverage
from citycam.policy.standard import load_standards, rules_at
from citycam.report.city_page import Page, save
from citycam.report.inventory_report import inventory_page, read_material
from citycam.report.plan_report import plan_page

Shown = Annotated[Language, typer.Option("--language", "-l", help="Shown first, and that of the workbook.")]
Proposals = Annotated[
    list[Path] | None, typer.Option("--proposals", help="Proposed investments, to show where they overlap.")
]
Html = Annotated[Path, typer.Option("--out", "-o", help="An .html file; its workbook goes beside it.")]


def add_to(inventory: typer.Typer, plan: typer.Typer) -> None:
    """Add the verbs to their groups."""
    inventory.command(name="report")(report_inventory)
    plan.command(name="report")(report_plan)


@verb
def report_inventory(
    inventory: InventoryFile = FOLDER,
    out: Html = Path("inventory-report.html"),
    proposals: Proposals = None,
    waivers: WaiverFile = None,
    at: Day = None,
    language: Shown = Language.VI,
    as_json: Json = False,
) -> None:
    """Write a report on the inventory: a map, cameras by ward, agency, class and verdict, and what was sent back."""
    records, digest = read_inventory(inventory)
    day, standards = day_of(at), load_standards()
    assessments = assess(records, rules_at(standards, day), day, granted_waivers(standards, waivers))
    material = read_material(inventory if inventory.is_dir() else inventory.parent)
    coverages = _coverages(proposals, records) if proposals else None
    _save(
        inventory_page(assessments, standards, material, coverages, day=day, digest=digest, language=language),
        out,
        as_json,
    )


@verb
def report_plan(
    file: PlanFile = PLAN, out: Html = Path("plan-report.html"), language: Shown = Language.VI, as_json: Json = False
) -> None:
    """Write a report on a plan: phases, routes, lines, machines, and the figures it rests on."""
    _save(plan_page(load_city_plan(file), language=language), out, as_json)


def _save(page: Page, out: Path, as_json: bool) -> None:
    written = [str(path) for path in save(page, out)]
    Output(as_json).result({"files": written}, lambda console: console.print("\n".join(written)))


def _coverages(files: list[Path], records: Sequence[CameraRecord]) -> list[Coverage]:
    from citycam.policy.eyes import eyes_of, wishes_of
    from citycam.policy.overlap import compare
    from citycam.policy.sharing import coverages

    batch = read_proposals(files)
    if batch.remarks:
        raise ConfigError(
            f"{len(batch.remarks)} proposals cannot be read",
            where=", ".join(map(str, files)),
            why=str(batch.remarks[0]),
            next="see `citycam policy check`",
        )
    wishes, eyes = wishes_of(batch.proposals), eyes_of(records)
    return coverages(batch.proposals, wishes, eyes, compare(wishes, eyes))
