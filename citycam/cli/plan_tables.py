"""Plans in words and tables on a terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from citycam.cli.output import stderr_console
from citycam.model.figure import readable
from citycam.model.units import show_bytes, show_rate
from citycam.plan.city import CityPlan
from citycam.plan.coefficients import Coefficients
from citycam.plan.difference import PlanDifference
from citycam.plan.sizing import DAY_S, Sizing
from citycam.plan.wish import WhatIf

MOST_LINES = 20


def show_plan(console: Console, made: CityPlan) -> None:
    """Cameras by route, lines, phases, machines."""
    counts = Counter(one.route for one in made.cameras)
    console.print(f"{len(made.cameras):,} cameras at {len(made.sites):,} sites; judged on {made.judged_on}")
    _table(console, ("route", "cameras"), [(route, f"{count:,}") for route, count in counts.most_common()])
    lines = Counter(site.budget for site in made.sites)
    _table(console, ("line", "sites"), [(budget, f"{count:,}") for budget, count in lines.most_common()])
    rows = [
        (
            one.number,
            len(one.wards),
            *(f"{count:,}" for count in (one.cameras, one.ready, one.replace, one.lines_over)),
            one.gateways,
            one.nodes,
        )
        for one in made.phases
    ]
    _table(console, ("phase", "wards", "cameras", "ready", "replace", "lines over", "gateways", "nodes"), rows)
    _show_machines(console, made.sizing)


def show_sizing(console: Console, found: Sizing, asked: WhatIf, known: Coefficients) -> None:
    """Machines for a city that does not exist, and on what figures that rests."""
    wish = asked.wish
    console.print(
        f"{asked.cameras:,} cameras of {show_rate(asked.bitrate)}, kept {wish.retention / DAY_S:g} days, "
        f"{wish.recent / DAY_S:g} of them on recording nodes; {wish.watched:.0%} watched at once"
    )
    _show_machines(console, found)
    measured = sorted({figure.name for figure in known.figures() if known.sources[figure.source].kind == "measured"})
    assumed = sum(known.sources[figure.source].kind == "assumed" for figure in known.figures())
    console.print(f"measured: {', '.join(measured)}; {assumed} figures are assumed: citycam/plan/coefficients.yaml")


def _show_machines(console: Console, found: Sizing) -> None:
    needs = []
    for need in found.needs:
        mark = " ◀ bottleneck" if need.resource is found.bottleneck else ""
        amounts = (_amount(need.resource, need.total), _amount(need.resource, need.node))
        needs.append((need.resource + mark, *amounts, f"{need.nodes:.1f}"))
    _table(console, ("recording takes", "in all", "of a node", "nodes"), needs)
    spare = f"{found.spare} may be lost"
    machines = [
        ("gateways", f"{found.gateways:,}", ""),
        ("recording nodes", f"{found.nodes:,}", f"{found.cores:,} cores, {found.disks:,} disks; {spare}"),
        ("archive nodes", f"{found.archive_nodes:,}", f"{found.archive_disks:,} disks"),
        ("recordings, recent", show_bytes(found.recent_bytes), f"{found.recent / DAY_S:g} d"),
        ("recordings, archive", show_bytes(found.archive_bytes), f"{show_bytes(found.archive_raw_bytes)} on disks"),
        ("network, cameras", show_rate(found.city_bitrate), "with headers"),
        ("network, archive", show_rate(found.archive_bitrate), ""),
        ("network, viewers", show_rate(found.viewing_bitrate), ""),
    ]
    _table(console, ("machines", "", ""), machines)
    console.print(f"bottleneck of recording nodes: {found.bottleneck}")


def _amount(resource: str, value: float) -> str:
    match resource:
        case "cores":
            return readable(value)
        case "network":
            return show_rate(value)
        case "disk-write":
            return f"{show_bytes(value)}/s"
        case _:
            return show_bytes(value)


def show_difference(console: Console, found: PlanDifference) -> None:
    """What came, went and moved."""
    if not found:
        console.print("nothing changed")
        return
    console.print(
        f"{len(found.added):,} cameras added, {len(found.removed):,} removed; {found.moved:.2%} changed their gateway"
    )
    _table(console, ("changed", "cameras"), [(what, f"{count:,}") for what, count in sorted(found.counts().items())])
    _table(
        console, ("figure", "old", "new"), [(one.name, readable(one.old), readable(one.new)) for one in found.numbers]
    )
    for name in ("gateways_added", "gateways_removed", "gateways_to_other_nodes", "coefficients"):
        names: tuple[str, ...] = getattr(found, name)
        if names:
            more = f" and {len(names) - MOST_LINES} more" if len(names) > MOST_LINES else ""
            console.print(f"{name.replace('_', ' ')}: {', '.join(names[:MOST_LINES])}{more}")
    if found.bottleneck:
        console.print(f"bottleneck: {found.bottleneck[0]} → {found.bottleneck[1]}")
    for change in found.changes[:MOST_LINES]:
        console.print(f"  {change.camera}  {change.what}: {change.old or '–'} → {change.new or '–'}")
    if len(found.changes) > MOST_LINES:
        stderr_console().print(f"{len(found.changes) - MOST_LINES:,} changes more: --json")


def _table(console: Console, titles: tuple[str, ...], rows: list[Any]) -> None:
    table = Table(box=None, pad_edge=False)
    for at, title in enumerate(titles):
        table.add_column(title, justify="left" if at == 0 else "right")
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)
    console.print()
