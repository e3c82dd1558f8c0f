"""Capacity as data: what a gateway, a node, a disk and a line can take, each figure with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, Field, model_validator

from citycam.inventory.record import CameraRecord, Codec
from citycam.model.documents import Document, load
from citycam.model.units import BitsPerSecond, Bytes, Ratio, Seconds

COEFFICIENTS = Path(__file__).parent / "coefficients.yaml"

T = TypeVar("T")
Count = Annotated[int, Field(ge=1)]


class Source(Document):
    """Where figures come from; a measured one names machine and month."""

    kind: Literal["measured", "derived", "assumed"]
    what: str
    machine: str = ""
    date: str = ""

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if self.kind == "measured" and not (self.machine and self.date):
            raise ValueError("what was measured must name its machine and date")
        return self


class Known(Document, Generic[T]):
    """A figure and the key of its source."""

    value: T
    source: str


class Gateway(Document):
    """One media server. The two `most` are the largest that was measured, not the largest that may be possible.

    `cores_per_gbps` and `memory_per_gbps` (bytes) are for each Gb/s that it records; `fill` is how full it is planned.
    """

    most_bitrate: Known[BitsPerSecond]
    most_cameras: Known[Count]
    cores_per_gbps: Known[float]
    memory_per_gbps: Known[Bytes]
    fill: Known[Ratio]


class Node(Document):
    """One recording server; `disk_write` is bytes per second and disk."""

    cores: Known[Count]
    memory: Known[Bytes]
    network: Known[BitsPerSecond]
    disks: Known[Count]
    disk_size: Known[Bytes]
    disk_write: Known[Bytes]
    usable: Known[Ratio]
    full: Known[Ratio]


class Archive(Document):
    """One storage server; `overhead` is what redundancy adds."""

    disks: Known[Count]
    disk_size: Known[Bytes]
    overhead: Known[Ratio]


class Storage(Document):
    """What a container adds to the pictures, and how long (seconds) recordings stay on recording nodes."""

    container: Known[Ratio]
    recent: Known[Seconds]


class Network(Document):
    """What headers add to the pictures, how much of a line may be used, and the share of cameras watched at once."""

    headers: Known[Ratio]
    line_usable: Known[Ratio]
    watched: Known[Ratio]


class City(Document):
    """What is planned for when nobody says otherwise; `retention` in seconds."""

    cameras: Known[Count]
    bitrate: Known[BitsPerSecond]
    retention: Known[Seconds]


class Size(Document):
    """Pictures of at most `up_to` pixels have this bit rate."""

    up_to: Count
    bitrate: BitsPerSecond


class Streams(Document):
    """Bit rates to assume where none is known."""

    source: str
    pixels: tuple[Size, ...]
    larger: BitsPerSecond
    unknown: BitsPerSecond
    codecs: dict[Codec, Ratio]


class Phases(Document):
    """Share of the cameras that each phase brings."""

    shares: Annotated[tuple[Ratio, ...], Field(min_length=1)]
    source: str

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if abs(sum(self.shares) - 1) > 1e-9 or min(self.shares) <= 0:
            raise ValueError("the shares of the phases must be more than nothing and together 100%")
        return self


class Coefficient(Document):
    """A coefficient as a plan carries it: plain SI number (bytes, bits per second, seconds, shares of one)."""

    name: str
    value: float
    source: str


class Coefficients(Document):
    """All of them."""

    schema_version: Literal[1]
    sources: dict[str, Source]
    gateway: Gateway
    node: Node
    archive: Archive
    storage: Storage
    network: Network
    city: City
    streams: Streams
    phases: Phases

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        unknown = sorted({figure.source for figure in self.figures()} - set(self.sources))
        if unknown:
            raise ValueError(f"no such source: {', '.join(unknown)}")
        return self

    def figures(self) -> Iterator[Coefficient]:
        """Every figure with its name, in the order of the file."""
        for part in ("gateway", "node", "archive", "storage", "network", "city"):
            section: BaseModel = getattr(self, part)
            for name in type(section).model_fields:
                known: Known[Any] = getattr(section, name)
                yield Coefficient(name=f"{part}.{name}", value=float(known.value), source=known.source)
        yield Coefficient(name="streams", value=float(self.streams.unknown), source=self.streams.source)
        yield Coefficient(name="phases", value=float(len(self.phases.shares)), source=self.phases.source)

    def assumed_bitrate(self, record: CameraRecord) -> int:
        """Bits per second of a main stream by its picture size and codec, where nobody knows."""
        streams = self.streams
        base = streams.unknown
        if record.width and record.height:
            pixels = record.width * record.height
            base = next((size.bitrate for size in streams.pixels if pixels <= size.up_to), streams.larger)
        return round(base * streams.codecs.get(record.codec or Codec.H264, 1.0))


@cache
def coefficients(path: Path = COEFFICIENTS) -> Coefficients:
    """The coefficients of a file.

    Raises:
        ConfigError: with file and line.
    """
    return load(path, Coefficients)
