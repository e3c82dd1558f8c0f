"""What falls, as data: a scenario is a YAML file with one event."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.model.units import Seconds

SCENARIOS = Path(__file__).parent / "scenarios"

Many = Annotated[int, Field(ge=1)]


class NodeDies(Document):
    """A node loses its power; without a name, the fullest one that does not lead. It may come back."""

    node: str | None = None
    returns_after: Seconds | None = None


class LeaderDies(Document):
    """The manager that leads the Swarm, with the gateways it records."""

    returns_after: Seconds | None = None


class RackDies(Document):
    """`nodes` neighbours at once, the last ones of the list of nodes or those from `first` on."""

    nodes: Many
    first: str | None = None
    returns_after: Seconds | None = None


class NodeCutOff(Document):
    """A node loses all others but not its cameras: it records on until its watch stops it (`timings.watch`)."""

    lasts: Seconds
    node: str | None = None


class UplinkFlaps(Document):
    """Lines of `sites` go down and come back, again and again; the largest sites, or the one that is named."""

    down: Seconds
    every: Seconds
    times: Many = 1
    sites: Many = 1
    site: str | None = None

    @model_validator(mode="after")
    def _up_between(self) -> Self:
        if self.every <= self.down:
            raise ValueError("the line must be up for a while: every must be more than down")
        return self


class GatewayFails(Document):
    """A gateway's process ends, or hangs until a watchdog ends it; the one with most cameras, unless named."""

    gateway: str | None = None
    noticed_after: Seconds = 0.0


class GatewaysUpgraded(Document):
    """All gateways, one after another: each is stopped, started, and watched for a while."""


class PowerReturns(Document):
    """The cameras of `wards` had no power, and get it back at once; the largest wards, or the one that is named."""

    wards: Many = 1
    ward: int | None = None


class Scenario(Document):
    """One event. After `horizon` nobody looks any longer: who is not recorded by then is dark."""

    schema_version: Literal[1]
    title: str
    horizon: Seconds = 600.0
    node_dies: NodeDies | None = None
    leader_dies: LeaderDies | None = None
    rack_dies: RackDies | None = None
    node_cut_off: NodeCutOff | None = None
    gateway_fails: GatewayFails | None = None
    uplink_flaps: UplinkFlaps | None = None
    gateways_upgraded: GatewaysUpgraded | None = None
    power_returns: PowerReturns | None = None

    @model_validator(mode="after")
    def _one_event(self) -> Self:
        found = [name for name in EVENTS if getattr(self, name) is not None]
        if len(found) != 1:
            raise ValueError(f"a scenario has one event of {', '.join(EVENTS)}, not {' and '.join(found) or 'none'}")
        return self

    @property
    def event(self) -> str:
        """The name of its event."""
        return next(name for name in EVENTS if getattr(self, name) is not None)


EVENTS = (
    "node_dies",
    "leader_dies",
    "rack_dies",
    "node_cut_off",
    "gateway_fails",
    "uplink_flaps",
    "gateways_upgraded",
    "power_returns",
)


def scenario_names() -> list[str]:
    """Those that come along."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def load_scenario(name: str) -> Scenario:
    """A scenario that comes along, by name, or a file.

    Raises:
        ConfigError: there is none, or it is wrong, with file and line.
    """
    beside = SCENARIOS / f"{name}.yaml"
    if beside.is_file():
        return load(beside, Scenario)
    if name.endswith((".yaml", ".yml")) or "/" in name:
        return load(Path(name), Scenario)
    close = get_close_matches(name, scenario_names(), n=1)
    raise ConfigError(
        f"there is no scenario {name}",
        where="SCENARIO",
        why=f"those that come along are {', '.join(scenario_names())}",
        next=f"did you mean {close[0]}?" if close else "name one of them, or a .yaml file",
    )
