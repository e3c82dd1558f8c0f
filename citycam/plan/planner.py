"""From the reviewed inventory and the conformity verdicts to the plan of the city."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date

from citycam.inventory.record import CameraRecord
from citycam.inventory.wards import todays_wards
from citycam.model.errors import ConfigError
from citycam.plan.city import (
    CityPlan,
    Link,
    PlannedCamera,
    PlannedGateway,
    PlannedNode,
    PlannedPhase,
    Tier,
)
from citycam.plan.coefficients import Coefficients
from citycam.plan.gateways import assign_gateways, gateway_key, gateway_weight
from citycam.plan.integration import Integration, Route, integrate
from citycam.plan.nodes import Nodes, assign_nodes, node_number
from citycam.plan.phases import WardState, assign_phases
from citycam.plan.sites import Budget, Site, sites_of
from citycam.plan.sizing import Sizing, node_weight, size
from citycam.plan.wish import Wish
from citycam.policy.standard import Outcome

READY = frozenset({Outcome.CONFORMS, Outcome.MEASURES})


def plan_city(
    records: Iterable[CameraRecord],
    verdicts: Mapping[str, Outcome],
    wish: Wish,
    coefficients: Coefficients,
    *,
    judged_on: date,
    inventory_digest: str,
    before: CityPlan | None = None,
    follows: str | None = None,
) -> CityPlan:
    """The plan. `before` is the plan in force: what it placed stays as long as it can; `follows` is its digest.

    Independent of the order of `records`; the same input gives the same plan.

    Raises:
        ConfigError: a camera or gateway is more than the largest machine takes.
    """
    ordered = sorted(records, key=lambda record: record.id)
    integrations = integrate(ordered, verdicts, coefficients)
    sites = sites_of(ordered, integrations, coefficients)
    bitrates = {one.camera: one.bitrate for one in integrations if one.route is not Route.EXCLUDED}
    demand = wish.demand(len(bitrates), sum(bitrates.values()))
    site_of = {camera: site for site in sites for camera in site.cameras}
    ready = {one.camera for one in integrations if _ready(one, verdicts, site_of)}
    phase_of = assign_phases(_ward_states(sites, ready), coefficients.phases.shares, _phases_before(before))
    try:
        homes = assign_gateways(sites, bitrates, coefficients, before.homes() if before else None)
        rates = _rates(homes, bitrates)
        weights = {name: node_weight(rate, demand, coefficients) for name, rate in rates.items()}
        nodes = assign_nodes(
            _by_phase(weights, homes, site_of, phase_of),
            spare=bool(wish.spare),
            kept={one.name: one.node for one in before.gateways} if before else None,
        )
    except ValueError as error:
        raise ConfigError(
            "the plan cannot be made", why=str(error), next="correct the bit rate, or plan with larger machines"
        ) from error
    cameras = tuple(
        PlannedCamera(
            camera=one.camera,
            route=one.route,
            reason=one.reason,
            verdict=verdicts.get(one.camera),
            site=site_of[one.camera].id if one.camera in site_of else None,
            bitrate=one.bitrate,
            assumed=one.assumed,
            gateway=homes.get(one.camera),
            phase=phase_of[site_of[one.camera].ward_code] if one.camera in homes else None,
        )
        for one in integrations
    )
    sizing = size(demand, coefficients, gateways=len(rates), nodes=len(nodes.names))
    return CityPlan(
        judged_on=judged_on,
        inventory_digest=inventory_digest,
        follows=follows,
        wish=wish,
        sizing=sizing,
        phases=tuple(_phases(cameras, phase_of, site_of, ready, nodes)),
        storage=_tiers(sizing, coefficients),
        links=tuple(_links(sites, rates, nodes, sizing, coefficients)),
        nodes=tuple(_nodes(nodes, rates, weights)),
        gateways=tuple(_gateways(homes, bitrates, nodes, site_of, coefficients)),
        sources=coefficients.sources,
        coefficients=tuple(coefficients.figures()),
        sites=tuple(sites),
        cameras=cameras,
    )


def _rates(homes: Mapping[str, str], bitrates: Mapping[str, int]) -> dict[str, int]:
    """Gateway → bits per second, by number."""
    rates: dict[str, int] = defaultdict(int)
    for camera, home in homes.items():
        rates[home] += bitrates[camera]
    return {name: rates[name] for name in sorted(rates, key=gateway_key)}


def _ready(one: Integration, verdicts: Mapping[str, Outcome], site_of: Mapping[str, Site]) -> bool:
    """Whether it could come in today: it conforms, perhaps with measures, and its line is not known to be too small."""
    if one.route in {Route.EXCLUDED, Route.REPLACE}:
        return False
    return verdicts.get(one.camera) in READY and site_of[one.camera].budget is not Budget.OVER


def _ward_states(sites: Iterable[Site], ready: Container[str]) -> list[WardState]:
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for site in sites:
        ward = counts[site.ward_code]
        ward[0] += len(site.cameras)
        ward[1] += sum(camera in ready for camera in site.cameras)
    return [WardState(code, cameras, good) for code, (cameras, good) in sorted(counts.items())]


def _by_phase(
    weights: Mapping[str, float],
    homes: Mapping[str, str],
    site_of: Mapping[str, Site],
    phase_of: Mapping[int, int],
) -> list[dict[str, float]]:
    """The weights of gateways, phase by phase: a gateway belongs to one ward, and so to one phase."""
    phase = {gateway: phase_of[site_of[camera].ward_code] for camera, gateway in homes.items()}
    return [
        {gateway: weight for gateway, weight in weights.items() if phase[gateway] == number}
        for number in sorted(set(phase.values()))
    ]


def _phases_before(before: CityPlan | None) -> dict[int, int]:
    return {ward: phase.number for phase in before.phases for ward in phase.wards} if before else {}


def _phases(
    cameras: Sequence[PlannedCamera],
    phase_of: Mapping[int, int],
    site_of: Mapping[str, Site],
    ready: Container[str],
    nodes: Nodes,
) -> list[PlannedPhase]:
    members: dict[int, list[PlannedCamera]] = defaultdict(list)
    for one in cameras:
        if one.phase:
            members[one.phase].append(one)
    opened: set[str | None] = set()
    phases = []
    for number, standing in zip(sorted(members), nodes.counts, strict=True):
        own = members[number]
        opened |= {one.gateway for one in own}
        over = [one for one in own if site_of[one.camera].budget is Budget.OVER]
        phases.append(
            PlannedPhase(
                number=number,
                wards=tuple(sorted(code for code, phase in phase_of.items() if phase == number)),
                cameras=len(own),
                ready=sum(one.camera in ready for one in own),
                replace=sum(one.route is Route.REPLACE for one in own),
                lines_over=len({one.site for one in over}),
                bitrate=sum(one.bitrate for one in own),
                gateways=len(opened),
                nodes=standing,
            )
        )
    return phases


def _tiers(sizing: Sizing, coefficients: Coefficients) -> tuple[Tier, ...]:
    recent = Tier(
        name="recent",
        seconds=sizing.recent,
        bytes=sizing.recent_bytes,
        raw_bytes=sizing.nodes * coefficients.node.disks.value * coefficients.node.disk_size.value,
        nodes=sizing.nodes,
        disks=sizing.disks,
    )
    if not sizing.archive_nodes:
        return (recent,)
    archive = Tier(
        name="archive",
        seconds=sizing.retention,
        bytes=sizing.archive_bytes,
        raw_bytes=sizing.archive_raw_bytes,
        nodes=sizing.archive_nodes,
        disks=sizing.archive_disks,
    )
    return recent, archive


def _links(
    sites: Iterable[Site],
    rates: Mapping[str, int],
    nodes: Nodes,
    sizing: Sizing,
    coefficients: Coefficients,
) -> Iterable[Link]:
    wards: dict[int, int] = defaultdict(int)
    for site in sites:
        wards[site.ward_code] += site.needed
    known = todays_wards()
    for code, needed in sorted(wards.items()):
        yield Link(kind="ward", name=known[code].name if code in known else str(code or "?"), needed=needed)
    headers = 1 + coefficients.network.headers.value
    usable = round(coefficients.node.network.value * coefficients.node.usable.value)
    for node in nodes.names:
        rate = sum(rates[gateway] for gateway, home in nodes.homes.items() if home == node)
        yield Link(kind="node", name=node, needed=round(rate * headers), usable=usable)
    if sizing.archive_nodes:
        yield Link(kind="archive", name="archive", needed=sizing.archive_bitrate)
    yield Link(kind="viewers", name="viewers", needed=sizing.viewing_bitrate)


def _gateways(
    homes: Mapping[str, str],
    bitrates: Mapping[str, int],
    nodes: Nodes,
    site_of: Mapping[str, Site],
    coefficients: Coefficients,
) -> list[PlannedGateway]:
    members: dict[str, list[str]] = defaultdict(list)
    for camera, home in homes.items():
        members[home].append(camera)
    return [
        PlannedGateway(
            name=name,
            node=nodes.homes[name],
            standby=nodes.standbys.get(name),
            sites=len({site_of[camera].id for camera in cameras}),
            cameras=len(cameras),
            bitrate=sum(bitrates[camera] for camera in cameras),
            load=round(sum(gateway_weight(bitrates[camera], coefficients) for camera in cameras), 4),
        )
        for name, cameras in sorted(members.items(), key=lambda item: gateway_key(item[0]))
    ]


def _nodes(nodes: Nodes, rates: Mapping[str, int], weights: Mapping[str, float]) -> list[PlannedNode]:
    load: dict[str, float] = defaultdict(float)
    extra: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for gateway, home in nodes.homes.items():
        load[home] += weights[gateway]
        if gateway in nodes.standbys:
            extra[nodes.standbys[gateway]][home] += weights[gateway]
    return [
        PlannedNode(
            name=name,
            gateways=tuple(sorted((one for one, home in nodes.homes.items() if home == name), key=gateway_key)),
            bitrate=sum(rates[gateway] for gateway, home in nodes.homes.items() if home == name),
            load=round(load[name], 4),
            lost=round(load[name] + max(extra[name].values(), default=0.0), 4),
        )
        for name in sorted(nodes.names, key=node_number)
    ]
