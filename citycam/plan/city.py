"""The plan of the whole city, `plan.json`: who comes in how, over which line, to which gateway and node, and when.

`citycam.plan.plan.Plan` is the smaller word: which gateway of one environment records which camera.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from citycam import __version__
from citycam.inventory.record import DIGEST
from citycam.model.camera import CameraId
from citycam.model.documents import Document
from citycam.model.errors import ConfigError
from citycam.plan.coefficients import Coefficient, Source
from citycam.plan.integration import Reason, Route
from citycam.plan.sites import Site
from citycam.plan.sizing import Sizing
from citycam.plan.wish import Wish
from citycam.policy.standard import Outcome

FILE = "plan.json"

Phase = Annotated[int, Field(ge=1)]


class PlannedCamera(Document):
    """One camera: how it comes in and why, its verdict, and where it goes. Excluded ones go nowhere.

    `bitrate` is bits per second; `assumed` when nobody declared or measured it.
    """

    camera: CameraId
    route: Route
    reason: Reason
    verdict: Outcome | None = None
    site: str | None = None
    bitrate: int
    assumed: bool = False
    gateway: str | None = None
    phase: Phase | None = None


class PlannedGateway(Document):
    """One gateway: its node, and the one that takes it when that is lost. `load` is a share of what was measured."""

    name: str
    node: str
    standby: str | None = None
    sites: int
    cameras: int
    bitrate: int
    load: float


class PlannedNode(Document):
    """One recording node. `load` is a share of what it has most use of, `lost` the same when the worst other fails."""

    name: str
    gateways: tuple[str, ...]
    bitrate: int
    load: float
    lost: float


class Tier(Document):
    """Where recordings stay how long: `bytes` of pictures, `raw_bytes` with redundancy."""

    name: Literal["recent", "archive"]
    seconds: float
    bytes: int
    raw_bytes: int
    nodes: int
    disks: int


class Link(Document):
    """A line inside the city: bits per second that it must carry, and may. Lines of sites are in `sites`."""

    kind: Literal["ward", "node", "archive", "viewers"]
    name: str
    needed: int
    usable: int | None = None


class PlannedPhase(Document):
    """One phase: its wards by code, its cameras, how many are ready; gateways and nodes in use once it is open."""

    number: Phase
    wards: tuple[int, ...]
    cameras: int
    ready: int
    replace: int
    lines_over: int
    bitrate: int
    gateways: int
    nodes: int


class CityPlan(Document):
    """Everything, with the figures it rests on and where they come from. `follows` is the digest of the plan before."""

    schema_: Annotated[Literal["citycam.city-plan"], Field(alias="schema")] = "citycam.city-plan"
    schema_version: Literal[1] = 1
    producer: str = Field(default_factory=lambda: f"citycam {__version__}")
    judged_on: date
    inventory_digest: Annotated[str, Field(pattern=DIGEST)]
    follows: Annotated[str, Field(pattern=DIGEST)] | None = None
    wish: Wish
    sizing: Sizing
    phases: tuple[PlannedPhase, ...]
    storage: tuple[Tier, ...]
    links: tuple[Link, ...]
    nodes: tuple[PlannedNode, ...]
    gateways: tuple[PlannedGateway, ...]
    sources: dict[str, Source]
    coefficients: tuple[Coefficient, ...]
    sites: tuple[Site, ...]
    cameras: tuple[PlannedCamera, ...]

    def homes(self) -> dict[str, str]:
        """Camera id → gateway, of those that have one."""
        return {one.camera: one.gateway for one in self.cameras if one.gateway}

    def by_id(self) -> dict[str, PlannedCamera]:
        """Camera id → its row."""
        return {one.camera: one for one in self.cameras}


def dump_city_plan(plan: CityPlan) -> str:
    """The plan as text; what is unknown is left out. The same plan gives the same bytes."""
    head = plan.model_dump_json(by_alias=True, exclude_none=True, exclude={"sites", "cameras"}, indent=1)
    sites = ",\n".join(site.model_dump_json(exclude_none=True) for site in plan.sites)
    cameras = ",\n".join(one.model_dump_json(exclude_none=True, exclude_defaults=True) for one in plan.cameras)
    return f'{head[:-2]},\n "sites": [\n{sites}\n ],\n "cameras": [\n{cameras}\n ]\n}}\n'


def load_city_plan(path: Path) -> CityPlan:
    """Read `plan.json`.

    Raises:
        ConfigError: unreadable, or not a city's plan of this schema version.
    """
    try:
        return CityPlan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            "cannot read the plan",
            where=str(path),
            why=error.strerror or str(error),
            next="make it with `citycam plan`",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(
            "not the plan of a city",
            where=str(path),
            why=f"{place}: {first['msg']}" if place else str(first["msg"]),
            next="make it with `citycam plan`",
        ) from error
