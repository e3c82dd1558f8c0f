"""What stands where: cameras at sites, gateways on nodes with their standbys. From a city's plan, or N × M."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from citycam.model.errors import ConfigError
from citycam.plan.city import CityPlan
from citycam.plan.coefficients import Coefficients
from citycam.plan.homes import homes
from citycam.plan.nodes import node_number
from citycam.plan.sizing import node_weight
from citycam.plan.wish import usual_wish

SITE = 20
"""Cameras of a site in a grid."""


@dataclass(frozen=True)
class Camera:
    """One camera that is recorded; `bitrate` in bits per second."""

    id: str
    gateway: str
    site: str
    ward: int
    bitrate: int


@dataclass(frozen=True)
class Gateway:
    """One gateway, the node it runs on, and the one that takes it when that is lost. `weight` is a share of a node."""

    name: str
    home: str
    standby: str | None
    weight: float

    @property
    def nodes(self) -> frozenset[str]:
        """Where it may run."""
        return frozenset({self.home, self.standby} - {None})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Layout:
    """All of it. `lines` are bits per second of sites that declare some; `managers` begin with the leader.

    `setup_cores` of a node set connections up; `ingress` is what its network takes, in bits per second.
    """

    cameras: tuple[Camera, ...]
    gateways: Mapping[str, Gateway]
    nodes: tuple[str, ...]
    managers: tuple[str, ...]
    lines: Mapping[str, int]
    setup_cores: int
    ingress: int

    def cameras_of(self) -> dict[str, list[Camera]]:
        """Gateway → its cameras, by id."""
        found: dict[str, list[Camera]] = defaultdict(list)
        for camera in sorted(self.cameras, key=lambda one: one.id):
            found[camera.gateway].append(camera)
        return found


def layout_of(plan: CityPlan, coefficients: Coefficients, managers: int = 3) -> Layout:
    """The layout of a city's plan. The first nodes are managers and record too.

    Raises:
        ConfigError: the plan records nothing.
    """
    sites = {site.id: site for site in plan.sites}
    cameras = tuple(
        Camera(one.camera, one.gateway, one.site, sites[one.site].ward_code, one.bitrate)
        for one in plan.cameras
        if one.gateway and one.site
    )
    if not cameras:
        raise ConfigError("the plan records no camera", why="nothing could fall", next="plan with `citycam plan`")
    demand = plan.wish.demand(len(cameras), sum(one.bitrate for one in cameras))
    gateways = {
        one.name: Gateway(one.name, one.node, one.standby, node_weight(one.bitrate, demand, coefficients))
        for one in plan.gateways
    }
    nodes = tuple(sorted((node.name for node in plan.nodes), key=node_number))
    return Layout(
        cameras=cameras,
        gateways=gateways,
        nodes=nodes,
        managers=_managers(nodes, managers),
        lines={site.id: site.line for site in plan.sites if site.line},
        **_machine(coefficients),
    )


def grid(
    cameras: int,
    gateways: int,
    nodes: int,
    bitrate: int,
    coefficients: Coefficients,
    *,
    managers: int = 3,
    setup_cores: int | None = None,
    standbys: bool = True,
    sizes: Sequence[int] = (),
) -> Layout:
    """`cameras` alike, spread evenly over gateways, and these over nodes; standbys so that a lost node's spread.

    `sizes` are the cameras of each gateway where they are not spread evenly. Every gateway is a ward of its own, of
    sites of twenty.

    Raises:
        ConfigError: there is less than one of something, or fewer cameras than gateways.
    """
    if not (nodes >= 1 and 1 <= gateways <= cameras and bitrate > 0):
        raise ConfigError(
            f"cannot lay out {cameras} cameras on {gateways} gateways and {nodes} nodes",
            why="each needs one at the least, and a gateway a camera",
            next="as in --cameras 200 --gateways 6 --nodes 3",
        )
    names = [f"node-{number}" for number in range(1, nodes + 1)]
    shards = [f"gateway-{number}" for number in range(1, gateways + 1)]
    placed = homes(shards, names)
    counts = dict(zip(shards, sizes or [len(range(k, cameras, gateways)) for k in range(gateways)], strict=True))
    places = [(shard, k) for k in range(max(counts.values())) for shard in shards if k < counts[shard]]
    made = tuple(
        Camera(
            id=f"cam-{number:06d}",
            gateway=shard,
            site=f"{shard}/site-{k // SITE + 1}",
            ward=shards.index(shard) + 1,
            bitrate=bitrate,
        )
        for number, (shard, k) in enumerate(places, 1)
    )
    demand = usual_wish(coefficients).demand(cameras, cameras * bitrate)
    machine = _machine(coefficients)
    return Layout(
        cameras=made,
        gateways={
            name: Gateway(
                name,
                placed.home[name],
                placed.standby.get(name) if standbys else None,
                node_weight(counts[name] * bitrate, demand, coefficients),
            )
            for name in shards
        },
        nodes=tuple(names),
        managers=_managers(tuple(names), managers),
        lines={},
        setup_cores=setup_cores or machine["setup_cores"],
        ingress=machine["ingress"],
    )


def _managers(nodes: tuple[str, ...], wanted: int) -> tuple[str, ...]:
    """The first nodes, an odd number of them: an even one bears no more losses."""
    count = min(wanted, len(nodes))
    return nodes[: count - 1 + count % 2]


def _machine(coefficients: Coefficients) -> dict[str, int]:
    """Connections are set up with what is left of the cores by plan."""
    node = coefficients.node
    free = max(1, round(node.cores.value * (1 - node.usable.value)))
    return {"setup_cores": free, "ingress": node.network.value}
