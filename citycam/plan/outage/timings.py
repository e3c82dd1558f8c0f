"""What failover and reconnecting take, as data: each figure with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from citycam.model.documents import Document, load
from citycam.model.errors import ConfigError
from citycam.model.units import Ratio, Seconds
from citycam.plan.coefficients import Count, Known

TIMINGS = Path(__file__).parent / "timings.yaml"

Positive = Annotated[float, Field(gt=0)]


class Origin(Document):
    """Where a figure comes from. `set` is a setting of ours; `unmeasured` an estimate until the lab has measured it."""

    kind: Literal["measured", "documented", "set", "unmeasured"]
    what: str
    address: str = ""
    machine: str = ""
    date: str = ""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.kind == "measured" and not (self.machine and self.date):
            raise ValueError("what was measured must name its machine and date")
        if self.kind == "documented" and not self.address:
            raise ValueError("what is documented must name an address")
        return self


class Swarm(Document):
    """Docker Swarm: how a node is missed, a leader elected, a task placed. `grace…` are heartbeats.

    A node gives its manager up when a heartbeat is not answered for `rpc_timeout`, and needs `reconnect` for another.
    """

    heartbeat: Known[Seconds]
    heartbeat_jitter: Known[Seconds]
    grace: Known[Count]
    grace_unknown: Known[Count]
    rpc_timeout: Known[Seconds]
    reconnect: Known[Seconds]
    election_ticks: Known[Count]
    tick: Known[Seconds]
    restart_delay: Known[Seconds]
    tasks_per_second: Known[Positive]
    tasks_per_gateway: Known[Count]
    managers: Known[Count]


class Watch(Document):
    """The role `quorum_watch`: how long a node that hears no quorum records on, and how often it looks and calls."""

    lease: Known[Seconds]
    patience: Known[Seconds]
    look: Known[Annotated[Seconds, Field(gt=0)]]
    call: Known[Seconds]


class Gateway(Document):
    """A gateway's container and MediaMTX in it. `setup_cpu` is core-seconds a connection."""

    start: Known[Seconds]
    stop: Known[Seconds]
    settle: Known[Seconds]
    part: Known[Seconds]
    retry_pause: Known[Seconds]
    read_timeout: Known[Seconds]
    setup_cpu: Known[Seconds]


class Camera(Document):
    """Cameras and the way to them."""

    frame_rate: Known[Positive]
    key_frame: Known[Seconds]
    key_frame_share: Known[Ratio]
    round_trip: Known[Seconds]
    round_trips: Known[Count]
    single_session: Known[Ratio]
    session_timeout: Known[Seconds]
    boot: Known[Seconds]
    boot_spread: Known[Seconds]


class Network(Document):
    """When TCP tries again; both double."""

    syn_again: Known[Seconds]
    data_again: Known[Seconds]


class Timing(Document):
    """A figure as a result carries it: plain SI number, and what kind of source it has; `given` for this run alone."""

    name: str
    value: float
    kind: Literal["measured", "documented", "set", "unmeasured", "given"]


class Timings(Document):
    """All of them."""

    schema_version: Literal[1]
    sources: dict[str, Origin]
    swarm: Swarm
    watch: Watch
    gateway: Gateway
    camera: Camera
    network: Network

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        named = {known.source for _, known in self._known()}
        if unknown := sorted(named - set(self.sources)):
            raise ValueError(f"no such source: {', '.join(unknown)}")
        return self

    @property
    def placing(self) -> float:
        """Seconds that the Swarm takes to place one gateway and what goes with it."""
        return self.swarm.tasks_per_gateway.value / self.swarm.tasks_per_second.value

    @property
    def slack(self) -> float:
        """Seconds left to a node until it is missed, at worst, when it speaks to another manager after it lost its own.

        The shortest grace, less the longest time to the next heartbeat, that one's time-out, and the reconnect. With
        none, nodes that spoke to a manager that is lost may be missed like it, and what they run starts elsewhere.
        """
        swarm = self.swarm
        period, jitter = swarm.heartbeat.value, swarm.heartbeat_jitter.value
        heard = period + jitter + swarm.rpc_timeout.value + swarm.reconnect.value
        return swarm.grace.value * (period - jitter) - heard

    def figures(self) -> Iterator[Timing]:
        """Every figure with its name, in the order of the file."""
        for name, known in self._known():
            kind = self.sources[known.source].kind if known.source else "given"
            yield Timing(name=name, value=float(known.value), kind=kind)

    def replaced(self, values: Mapping[str, float | str]) -> Timings:
        """The same with other values: numbers in SI units, or text as in the file (`{"swarm.heartbeat": "1s"}`).

        Raises:
            ConfigError: there is no such figure, or the text is no value of it.
        """
        names = [name for name, _ in self._known()]
        for name in values:
            if name not in names:
                close = get_close_matches(name, names, n=1)
                hint = f"did you mean {close[0]}?" if close else "names are as in gateway.start"
                raise ConfigError(f"no such timing: {name}", next=hint)
        parts: dict[str, dict[str, Known[Any]]] = {}
        for name, value in values.items():
            part, _, key = name.partition(".")
            parts.setdefault(part, {})[key] = _given(name, getattr(getattr(self, part), key), value)
        return self.model_copy(
            update={part: getattr(self, part).model_copy(update=update) for part, update in parts.items()}
        )

    def _known(self) -> Iterator[tuple[str, Known[Any]]]:
        for part in ("swarm", "watch", "gateway", "camera", "network"):
            section: BaseModel = getattr(self, part)
            for name in type(section).model_fields:
                yield f"{part}.{name}", getattr(section, name)


def _given(name: str, known: Known[Any], value: float | str) -> Known[Any]:
    if not isinstance(value, str):
        return known.model_copy(update={"value": type(known.value)(value), "source": ""})
    try:
        return type(known).model_validate({"value": value, "source": ""})
    except ValidationError as error:
        message = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ConfigError(f"{name}={value}", why=message, next="write it as in timings.yaml") from error


@cache
def timings(path: Path = TIMINGS) -> Timings:
    """The timings of a file.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Timings)
