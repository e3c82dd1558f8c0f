"""The report on the plan: how cameras come in, over which lines, on which machines, when, and what that rests on."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from citycam.inventory.wards import todays_wards
from citycam.plan.city import CityPlan, PlannedCamera
from citycam.plan.integration import Route
from citycam.plan.sites import Budget, Site
from citycam.plan.sizing import DAY_S, Resource
from citycam.report.city_page import Legend, Page, Section
from citycam.report.table import Figure, Mix, Row, Table
from citycam.report.verdicts import CLASSES
from citycam.report.ward_map import Mark, ward_map
from citycam.report.wording import Quantity, Term, tell

AMOUNTS = {
    Resource.CORES: "plain",
    Resource.MEMORY: "bytes",
    Resource.NETWORK: "rate",
    Resource.DISK_WRITE: "byterate",
    Resource.DISK_SPACE: "bytes",
}
TINTS = 4
UNITS = {"bitrate": "rate", "network": "rate", "memory": "bytes", "disk_size": "bytes", "disk_write": "bytes",
         "most_bitrate": "rate", "memory_per_gbps": "bytes", "streams": "rate"}  # fmt: skip
SHARES = frozenset("fill usable full overhead container headers line_usable watched".split())
TIMES = frozenset("recent retention".split())


def plan_page(plan: CityPlan, *, language: str = "vi") -> Page:
    """The report on a plan."""
    wards = _by_ward(plan)
    phase_of = {ward: phase.number for phase in plan.phases for ward in phase.wards}
    routes = Counter(one.route for one in plan.cameras)
    known = todays_wards()
    marks = [
        Mark(code, _parts(group), f"p{min(phase_of[code], TINTS)}" if code in phase_of else "")
        for code, group in wards.items()
        if code in known
    ]
    phases = [
        Legend(f"cell p{min(one.number, TINTS)}", "phase", {"number": one.number}, one.cameras) for one in plan.phases
    ]
    return Page(
        kind="plan",
        day=plan.judged_on,
        digest=plan.inventory_digest,
        figures=_figures(plan),
        map=ward_map(marks, tell("map", language)),
        legend=(
            *(
                Legend(route.value, f"route.{route}", cameras=routes[route])
                for route in Route
                if route in drawn(routes)
            ),
            *phases,
        ),
        off_map=sum(len(group) for code, group in wards.items() if code not in known),
        sections=(
            Section("section.phases", (_phases(plan),), "section.phases.text"),
            Section("section.routes", (_routes(plan),)),
            Section("section.resources", (_resources(plan),), "section.resources.text"),
            Section("section.storage", (_storage(plan),)),
            Section("section.lines", (_lines(plan),), "section.lines.text"),
            Section("section.ward-plan", (_wards(plan, wards, phase_of),)),
            Section("section.nodes", (_nodes(plan),), "section.nodes.text"),
            Section("section.gateways", (_gateways(plan),)),
            Section("section.figures", (_coefficients(plan),), "section.figures.text"),
        ),
        more=(_cameras(plan),),
        language=language,
    )


def drawn(routes: Mapping[Route, int]) -> set[Route]:
    """Routes that some camera of a ward takes; excluded cameras have no site, and are not on the map."""
    return {route for route, count in routes.items() if count and route is not Route.EXCLUDED}


def _by_ward(plan: CityPlan) -> dict[int, list[PlannedCamera]]:
    ward_of = {camera: site.ward_code for site in plan.sites for camera in site.cameras}
    found: dict[int, list[PlannedCamera]] = defaultdict(list)
    for one in plan.cameras:
        if one.camera in ward_of:
            found[ward_of[one.camera]].append(one)
    return dict(sorted(found.items()))


def _parts(cameras: list[PlannedCamera]) -> tuple[tuple[str, int], ...]:
    counts = Counter(one.route for one in cameras)
    return tuple((route.value, counts[route]) for route in Route)


def _figures(plan: CityPlan) -> tuple[Figure, ...]:
    size = plan.sizing
    over = sum(site.budget is Budget.OVER for site in plan.sites)
    stored = max(size.archive_bytes, size.recent_bytes)
    raw = Quantity(size.archive_raw_bytes or size.recent_bytes, "bytes")
    days = Quantity(size.retention / DAY_S, "short")
    return (
        Figure(size.cameras, "figure.planned", "figure.planned.note", {"count": len(plan.cameras)}),
        Figure(size.gateways, "figure.gateways", "figure.gateways.note", {"count": size.nodes}),
        Figure(Quantity(size.city_bitrate, "rate"), "figure.rate", "figure.rate.note"),
        Figure(Quantity(stored, "bytes"), "figure.storage", "figure.storage.note", {"days": days, "raw": raw}),
        Figure(over, "figure.lines", "figure.lines.note", {"count": len(plan.sites)}, bad=bool(over)),
        Figure(Term(f"resource.{size.bottleneck}"), "figure.bottleneck", "figure.bottleneck.note"),
    )


def _phases(plan: CityPlan) -> Table:
    rows: list[Row] = [
        [
            Quantity(one.number),
            Quantity(len(one.wards)),
            *(Quantity(count) for count in (one.cameras, one.ready, one.replace, one.lines_over)),
            Quantity(one.bitrate, "rate"),
            Quantity(one.gateways),
            Quantity(one.nodes),
        ]
        for one in plan.phases
    ]
    columns = ("phase", "wards", "cameras", "ready", "replace", "lines_over", "rate", "gateways", "nodes")
    return Table("phases", "section.phases", columns, rows)


def _routes(plan: CityPlan) -> Table:
    counts = Counter((one.route, one.reason) for one in plan.cameras)
    rates: dict[Any, int] = defaultdict(int)
    for one in plan.cameras:
        rates[one.route, one.reason] += one.bitrate if one.gateway else 0
    rows: list[Row] = []
    for way, count in sorted(counts.items(), key=lambda item: (list(Route).index(item[0][0]), -item[1])):
        share = Quantity(count / len(plan.cameras), "share")
        rate = Quantity(rates[way], "rate") if rates[way] else None
        rows.append([Term(f"route.{way[0]}"), Term(f"reason.{way[1]}"), Quantity(count), share, rate])
    return Table("routes", "section.routes", ("route", "reason", "cameras", "share_of_all", "rate"), rows)


def _resources(plan: CityPlan) -> Table:
    rows: list[Row] = [
        [
            Term(f"resource.{need.resource}"),
            Quantity(need.total, AMOUNTS[need.resource]),
            Quantity(need.node, AMOUNTS[need.resource]),
            Quantity(need.nodes, "plain"),
        ]
        for need in sorted(plan.sizing.needs, key=lambda need: -need.nodes)
    ]
    return Table("resources", "section.resources", ("resource", "total", "of_node", "needed_nodes"), rows)


def _storage(plan: CityPlan) -> Table:
    rows: list[Row] = [
        [
            Term(f"storage.{tier.name}"),
            Quantity(tier.seconds / DAY_S, "short"),
            Quantity(tier.bytes, "bytes"),
            Quantity(tier.raw_bytes, "bytes"),
            Quantity(tier.nodes),
            Quantity(tier.disks),
        ]
        for tier in plan.storage
    ]
    columns = ("tier_name", "days", "recordings", "disk_space", "nodes", "disks")
    return Table("storage", "section.storage", columns, rows)


def _lines(plan: CityPlan) -> Table:
    over = sorted(
        (site for site in plan.sites if site.budget is Budget.OVER), key=lambda site: (-site.missing, site.id)
    )
    rows: list[Row] = [
        [
            site.id.split("/", 2)[2],
            site.agency,
            _ward(site.ward_code),
            Quantity(len(site.cameras)),
            *(Quantity(rate or 0, "rate") for rate in (site.needed, site.line, site.usable, site.missing)),
        ]
        for site in over
    ]
    columns = ("site", "agency", "ward", "cameras", "needed", "line", "usable", "missing")
    return Table("lines", "section.lines", columns, rows, page_rows=60)


def _wards(plan: CityPlan, wards: Mapping[int, list[PlannedCamera]], phase_of: Mapping[int, int]) -> Table:
    over: dict[int, int] = defaultdict(int)
    for site in plan.sites:
        over[site.ward_code] += site.budget is Budget.OVER
    rows: list[Row] = []
    for code, cameras in sorted(wards.items(), key=lambda item: (phase_of[item[0]], -len(item[1]))):
        rows.append(
            [
                _ward(code),
                Quantity(phase_of[code]),
                Mix(_parts(cameras)),
                Quantity(len(cameras)),
                Quantity(sum(one.bitrate for one in cameras), "rate"),
                Quantity(over[code]),
                Quantity(len({one.gateway for one in cameras})),
            ]
        )
    columns = ("ward", "phase", "mix", "cameras", "rate", "lines_over", "gateways")
    return Table("ward-plan", "section.ward-plan", columns, rows)


def _nodes(plan: CityPlan) -> Table:
    rows: list[Row] = [
        [
            one.name,
            Quantity(len(one.gateways)),
            Quantity(one.bitrate, "rate"),
            Quantity(one.load, "share"),
            Quantity(one.lost, "share"),
        ]
        for one in plan.nodes
    ]
    return Table("nodes", "section.nodes", ("node", "gateways", "rate", "load", "lost"), rows, page_rows=60)


def _gateways(plan: CityPlan) -> Table:
    rows: list[Row] = [
        [
            one.name,
            one.node,
            one.standby,
            Quantity(one.sites),
            Quantity(one.cameras),
            Quantity(one.bitrate, "rate"),
            Quantity(one.load, "share"),
        ]
        for one in plan.gateways
    ]
    columns = ("gateway", "node", "standby", "sites", "cameras", "rate", "load")
    return Table("gateways", "section.gateways", columns, rows, page_rows=60)


def _coefficients(plan: CityPlan) -> Table:
    rows: list[Row] = []
    for one in plan.coefficients:
        source = plan.sources[one.source]
        told = ", ".join(part for part in (source.what, source.machine, source.date) if part)
        rows.append([one.name, _coefficient(one.name, one.value), Term(f"source.{source.kind}"), told])
    return Table("figures", "section.figures", ("coefficient", "value", "kind", "source"), rows)


def _coefficient(name: str, value: float) -> Any:
    last = name.rpartition(".")[2]
    if last in TIMES:
        return f"{value / DAY_S:g} d"
    if last in SHARES:
        return Quantity(value, "share")
    if last in UNITS:
        return Quantity(value, UNITS[last])
    return Quantity(value, "count" if value == int(value) else "plain")


def _cameras(plan: CityPlan) -> Table:
    site_of: dict[str, Site] = {camera: site for site in plan.sites for camera in site.cameras}
    rows: list[Row] = []
    for one in plan.cameras:
        site = site_of.get(one.camera)
        rows.append(
            [
                one.camera,
                Term(f"route.{one.route}"),
                Term(f"reason.{one.reason}"),
                Term(f"verdict.{CLASSES[one.verdict]}") if one.verdict else None,
                site.agency if site else None,
                _ward(site.ward_code) if site else None,
                Quantity(one.bitrate, "rate"),
                Term("yes" if one.assumed else "no"),
                one.gateway,
                Quantity(one.phase) if one.phase else None,
            ]
        )
    columns = ("camera", "route", "reason", "verdict", "agency", "ward", "rate", "assumed", "gateway", "phase")
    return Table("cameras", "section.cameras", columns, rows)


def _ward(code: int) -> Any:
    return todays_wards()[code].name if code in todays_wards() else Term("unknown")
