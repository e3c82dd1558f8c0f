"""An environment: where a stack stands and how large it is. Read from `environments/<name>.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from citycam.model.documents import Document, load, unquoted
from citycam.model.units import Bytes, Seconds

BENCHMARK_RANGE = IPv4Network("198.18.0.0/15")
"""Reserved for benchmarks (RFC 2544 appendix C.2.2, RFC 6890): simulated cameras never leave it."""


def _inside_benchmark_range(network: IPv4Network) -> IPv4Network:
    if not network.subnet_of(BENCHMARK_RANGE) or network.prefixlen > 17:
        raise ValueError(f"{network} must lie in {BENCHMARK_RANGE} and be a /17 or larger")
    return network


NAME = r"^[a-z][a-z0-9-]{0,19}$"
"""What an environment may be called: the names of its services begin with it."""


class Networks(Document):
    """Subnets of the stack. Cameras live in the second quarter of `camera_lan`, containers in its first /24.

    The overlays are `encrypted` between nodes (IPsec ESP with AES-GCM), which the nodes' kernels must be able to.
    """

    camera_lan: Annotated[IPv4Network, AfterValidator(_inside_benchmark_range)]
    management: IPv4Network
    service: IPv4Network
    encrypted: bool = True

    @property
    def container_range(self) -> IPv4Network:
        """Addresses Docker may give to containers on the camera LAN."""
        return next(self.camera_lan.subnets(new_prefix=24))

    @property
    def camera_range(self) -> IPv4Network:
        """Addresses of cameras: the second quarter of the LAN (198.18.64.0/18 of 198.18.0.0/16)."""
        return list(self.camera_lan.subnets(prefixlen_diff=2))[1]

    @model_validator(mode="after")
    def _disjoint(self) -> Self:
        nets = {"camera_lan": self.camera_lan, "management": self.management, "service": self.service}
        names = list(nets)
        for index, one in enumerate(names):
            for other in names[index + 1 :]:
                if nets[one].overlaps(nets[other]):
                    raise ValueError(f"{one} {nets[one]} and {other} {nets[other]} overlap")
        return self


class Gateways(Document):
    """How many gateways there are and how they record."""

    count: Annotated[int, Field(ge=1, le=64)]
    part: Seconds = 1.0
    segment: Seconds = 20.0
    retention: Seconds = 86400.0


class Edge(Document):
    """Ports the edge publishes on the node: HTTPS (playback, metrics) and RTSPS (live)."""

    name: str = "citycam.internal"
    https_port: Annotated[int, Field(ge=1024, le=65535)]
    rtsps_port: Annotated[int, Field(ge=1024, le=65535)]


class Fleet(Document):
    """How many processes the simulated cameras are spread over: one serves thousands."""

    processes: Annotated[int, Field(ge=1, le=64)] = 1


NodeName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
"""What a node is called: in the Ansible inventory, and as Swarm label `citycam.node`."""


def _each_once(names: list[str]) -> list[str]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is named twice")
    return names


Pool = Annotated[list[NodeName], Field(min_length=1), AfterValidator(_each_once)]


class Pools(Document):
    """Which nodes carry what; one node may be in several pools, but none that records generates load.

    `recording` gateways; `edge` the door for users, once a node; `database` primary, then replica; `platform`
    monitoring, registry, backups; `fleet` simulated cameras; `load` simulated users.
    """

    recording: Pool
    edge: Pool
    database: Pool
    platform: Pool
    fleet: Pool
    load: Pool

    @model_validator(mode="after")
    def _generators_are_apart(self) -> Self:
        for pool in ("fleet", "load"):
            shared = sorted(set(self.recording).intersection(getattr(self, pool)))
            if shared:
                raise ValueError(
                    f"{pool}: {', '.join(shared)} records, and load would take from its gateways the cores that are "
                    "measured; name a node that is not in the pool recording"
                )
        return self


class Nodes(Document):
    """The nodes of a Swarm that Ansible made.

    `hosts` is its inventory (a path from the checkout), `registry` where nodes get their images (`host:port`), and
    `camera_interface` the interface that every node has on the camera VLAN. `homes` are gateways that stay where they
    are as nodes come and go, and that node; the others go where the fewest are.
    """

    hosts: Path
    registry: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*:[0-9]{1,5}$")]
    camera_interface: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,14}$")] = "eth1"
    pools: Pools
    homes: dict[str, NodeName] = Field(default_factory=dict)


LARGE_OVERLAY = 22
"""Longest prefix of an overlay that spans nodes: every task and every node takes addresses of it."""


class Load(Document):
    """How many processes the simulated users are spread over, where they have nodes of their own: one fills a core."""

    workers: Annotated[int, Field(ge=1, le=64)] = 2


class Disk(Document):
    """How much of the node's disk a run may need."""

    minimum_free: Bytes


_WEBHOOK = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?")


def _webhook(url: str) -> str:
    if any(mark in url for mark in "@?#"):
        # Alertmanager writes the address into its log whenever it cannot deliver.
        raise unquoted("the address of a receiver stands in logs and may hold no secret: put that into `token`")
    if not _WEBHOOK.fullmatch(url):
        raise unquoted("this is not the address of a webhook: give http:// or https://, a host, and a path")
    return url


class Receiver(Document):
    """Who is told of alerts: a webhook, to which Alertmanager posts JSON (its `webhook_config`).

    `token` is a file with what it authenticates us by (`Authorization: Bearer`, RFC 6750), `authority` one with the
    certificate that it is checked against where no public authority has signed its own; paths from the checkout.
    """

    url: Annotated[str, AfterValidator(_webhook)]
    token: Path | None = None
    authority: Path | None = None

    @model_validator(mode="after")
    def _over_tls(self) -> Self:
        for name in ("token", "authority"):
            if getattr(self, name) and not self.url.startswith("https:"):
                raise ValueError(f"a receiver with `{name}` must be reached over https")
        return self


class Monitoring(Document):
    """Who is told of what monitoring finds; without a receiver alerts are seen by those who look."""

    receiver: Receiver | None = None


@dataclass(frozen=True)
class FleetShard:
    """A part that plays the cameras of a range of addresses on a node; no node is named on one machine."""

    name: str
    node: str
    cameras: IPv4Network


class Environment(Document):
    """One environment. Its name prefixes everything the stack makes. Without `nodes` it is this one machine."""

    schema_version: Literal[1]
    name: Annotated[str, StringConstraints(pattern=NAME)]
    networks: Networks
    gateways: Gateways
    edge: Edge
    disk: Disk
    fleet: Fleet = Fleet()
    load: Load = Load()
    monitoring: Monitoring = Monitoring()
    nodes: Nodes | None = None

    @model_validator(mode="after")
    def _overlays_take_all_nodes(self) -> Self:
        if self.nodes:
            for name in ("management", "service"):
                network: IPv4Network = getattr(self.networks, name)
                if network.prefixlen > LARGE_OVERLAY:
                    raise ValueError(f"{name} {network} spans nodes and must be a /{LARGE_OVERLAY} or larger")
        return self

    @model_validator(mode="after")
    def _homes_are_there(self) -> Self:
        if self.nodes:
            for gateway, node in self.nodes.homes.items():
                if gateway not in self.gateway_names:
                    raise ValueError(f"homes: {gateway} is none of the {self.gateways.count} gateways")
                if node not in self.nodes.pools.recording:
                    raise ValueError(f"homes: {gateway} is on {node}, which is not in the pool recording")
        return self

    @property
    def gateway_names(self) -> list[str]:
        """`gateway-1`, `gateway-2`, …"""
        return [f"gateway-{number}" for number in range(1, self.gateways.count + 1)]

    @property
    def fleet_shards(self) -> list[FleetShard]:
        """The parts that play cameras: `fleet` on one machine; `fleet-1`, … on the nodes of the fleet, a part of the
        camera range each."""
        if self.nodes is None:
            return [FleetShard("fleet", "", self.networks.camera_range)]
        nodes = self.nodes.pools.fleet
        ranges = self.networks.camera_range.subnets(prefixlen_diff=(len(nodes) - 1).bit_length())
        return [
            FleetShard(f"fleet-{number}", *each)
            for number, each in enumerate(zip(nodes, ranges, strict=False), start=1)
        ]

    def service_name(self, part: str) -> str:
        """Name of a part of this stack among everything Docker runs: `citycam-local-gateway-1`."""
        return f"citycam-{self.name}-{part}"


def load_environment(path: Path) -> Environment:
    """Read and validate an environment file.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Environment)
