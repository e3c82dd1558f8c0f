"""How many machines a stream of recordings takes, and what they run out of first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from citycam.model.documents import Document
from citycam.plan.coefficients import Coefficients

DAY_S = 86_400.0


class Resource(StrEnum):
    """What a recording node has, and may run out of."""

    CORES = "cores"
    MEMORY = "memory"
    NETWORK = "network"
    DISK_WRITE = "disk-write"
    DISK_SPACE = "disk-space"


class Need(Document):
    """What recording takes of one resource: in all (SI units), of one node at most, and how many nodes that is."""

    resource: Resource
    total: float
    node: float
    nodes: float


class Sizing(Document):
    """Machines for a city. Rates in bits per second, sizes in bytes, times in seconds.

    `nodes` holds `spare` nodes more than the bottleneck asks for. `archive_nodes` is 0 when recording nodes keep all.
    """

    cameras: int
    bitrate: int
    retention: float
    recent: float
    gateways: int
    needs: tuple[Need, ...]
    bottleneck: Resource
    nodes: int
    spare: int
    cores: int
    disks: int
    recent_bytes: int
    archive_bytes: int
    archive_raw_bytes: int
    archive_nodes: int
    archive_disks: int
    archive_bitrate: int
    city_bitrate: int
    viewing_bitrate: int


@dataclass(frozen=True)
class Demand:
    """What is wanted. `bitrate` is that of all cameras together; `retention` and `recent` in seconds.

    `watched` is the share of cameras seen at once; `spare` how many nodes may be lost.
    """

    cameras: int
    bitrate: int
    retention: float
    recent: float
    watched: float
    spare: int = 1


def size(
    demand: Demand, coefficients: Coefficients, *, gateways: int | None = None, nodes: int | None = None
) -> Sizing:
    """Machines for a demand; `gateways` and `nodes` are counts that are known already from an assignment."""
    node, archive = coefficients.node, coefficients.archive
    needs = needs_of(demand, coefficients)
    worst = max(needs, key=lambda need: need.nodes)
    wanted = nodes if nodes is not None else math.ceil(worst.nodes - 1e-9) + demand.spare
    stored = demand.bitrate / 8 * (1 + coefficients.storage.container.value)
    archived = stored * demand.retention if demand.retention > demand.recent else 0.0
    raw = archived * (1 + archive.overhead.value)
    shelf = archive.disks.value * archive.disk_size.value * node.full.value
    shelves = math.ceil(raw / shelf - 1e-9)
    headers = 1 + coefficients.network.headers.value
    return Sizing(
        cameras=demand.cameras,
        bitrate=demand.bitrate,
        retention=demand.retention,
        recent=min(demand.recent, demand.retention),
        gateways=gateways if gateways is not None else gateways_for(demand, coefficients),
        needs=needs,
        bottleneck=worst.resource,
        nodes=wanted,
        spare=demand.spare,
        cores=wanted * node.cores.value,
        disks=wanted * node.disks.value,
        recent_bytes=round(stored * min(demand.recent, demand.retention)),
        archive_bytes=round(archived),
        archive_raw_bytes=round(raw),
        archive_nodes=shelves,
        archive_disks=shelves * archive.disks.value,
        archive_bitrate=round(demand.bitrate * headers) if archived else 0,
        city_bitrate=round(demand.bitrate * headers),
        viewing_bitrate=round(demand.bitrate * headers * demand.watched),
    )


def gateways_for(demand: Demand, coefficients: Coefficients) -> int:
    """How many gateways take the demand if its cameras are alike."""
    gateway = coefficients.gateway
    weight = max(demand.bitrate / gateway.most_bitrate.value, demand.cameras / gateway.most_cameras.value)
    return math.ceil(weight / gateway.fill.value - 1e-9)


def needs_of(demand: Demand, coefficients: Coefficients) -> tuple[Need, ...]:
    """What recording takes, resource by resource. A node's network is full duplex: the busier direction counts."""
    node, gateway, storage = coefficients.node, coefficients.gateway, coefficients.storage
    gbps = demand.bitrate / 1e9
    written = demand.bitrate / 8 * (1 + storage.container.value)
    kept = min(demand.recent, demand.retention)
    copies = 1.0 if demand.retention > demand.recent else 0.0
    wire = demand.bitrate * (1 + coefficients.network.headers.value)
    usable, disks = node.usable.value, node.disks.value
    rows = {
        Resource.CORES: (gbps * gateway.cores_per_gbps.value, node.cores.value * usable),
        Resource.MEMORY: (gbps * gateway.memory_per_gbps.value, node.memory.value * usable),
        Resource.NETWORK: (wire * max(1.0, copies + demand.watched), node.network.value * usable),
        Resource.DISK_WRITE: (written, disks * node.disk_write.value * usable),
        Resource.DISK_SPACE: (written * kept, disks * node.disk_size.value * node.full.value),
    }
    return tuple(
        Need(resource=resource, total=total, node=most, nodes=total / most) for resource, (total, most) in rows.items()
    )


def node_weight(bitrate: int, demand: Demand, coefficients: Coefficients) -> float:
    """Share of a node that a gateway recording `bitrate` takes: of the resource that it takes most of."""
    alone = Demand(0, bitrate, demand.retention, demand.recent, demand.watched)
    return max(need.nodes for need in needs_of(alone, coefficients))
