"""What the role `precheck` saw of a host, as it leaves it at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from citycam.model.errors import EnvironmentFailure

STATISTIC = "precheck"
"""Name under which the role leaves it."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Port(_Record):
    """A port that will be used, and by which programs."""

    port: int
    protocol: Literal["tcp", "udp"]
    programs: list[str]


class Required(_Record):
    """What a host must be. Sizes in bytes, `clock` in seconds."""

    address: str
    environment: str
    managers: list[str]
    release: str
    memory: int
    disk: int
    disk_free: int
    clock: float
    interfaces: list[str]
    ports: list[Port]


class Listener(_Record):
    """Who listens on a port; `program` is empty for the kernel."""

    protocol: str
    port: int
    program: str


class Engine(_Record):
    """What a Docker engine says of itself, or why it says nothing."""

    version: str = ""
    labels: list[str] = []
    state: str = ""
    control: bool = False
    cluster: str = ""
    managers: list[str] = []
    error: str = ""


class Disk(_Record):
    """Bytes of a file system."""

    size: int
    free: int


class Release(_Record):
    """Id and version of a distribution."""

    id: str
    version: str


class Seen(_Record):
    """What a host is. `asked` is the operator's clock before the look, `clock` the host's in it; seconds since 1970."""

    asked: float
    clock: float
    release: Release
    systemd: bool
    memory: int
    disks: Mapping[str, Disk]
    features: Mapping[str, Literal["yes", "no", "unknown"]]
    interfaces: list[str]
    listeners: list[Listener]
    engine: Engine | None


class Look(_Record):
    """A look at one host. Without `seen` there was none; `said` tells why. `answered` is the operator's clock after."""

    unreachable: bool
    said: str
    answered: float
    seen: Seen | None
    required: Required


def looks_of(data: Mapping[str, Any]) -> dict[str, Look]:
    """The look at each host, out of the statistics of a run (`PlaybookResult.data`).

    Raises:
        EnvironmentFailure: they are not what the role leaves.
    """
    try:
        return {host: Look.model_validate(look) for host, look in data.get(STATISTIC, {}).items()}
    except (ValidationError, AttributeError) as error:
        raise EnvironmentFailure(
            "the hosts' answers cannot be read",
            where="playbooks/roles/precheck",
            why=str(error),
            next="report this bug",
        ) from error
