"""What a failover cost, out of the audit's tables: who was moved how often, what the moved lost and what the others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from citycam.evidence.summary import Tables


@dataclass(frozen=True)
class Moved:
    """A camera that more than one node recorded: the nodes in order, its longest gap and longest overlap in seconds."""

    camera: str
    gateway: str
    nodes: tuple[str, ...]
    gap_s: float
    overlap_s: float
    lost: int

    @property
    def once(self) -> bool:
        """Whether it was re-assigned exactly once."""
        return len(self.nodes) == 2


@dataclass(frozen=True)
class Failover:
    """`stayed` maps cameras that one node recorded to the frames they lost."""

    moved: tuple[Moved, ...]
    stayed: dict[str, int]

    @property
    def once(self) -> bool:
        """Whether every moved camera was re-assigned exactly once."""
        return all(one.once for one in self.moved)

    @property
    def gap_s(self) -> float:
        """The longest gap of a moved camera; 0 if none was moved."""
        return max((one.gap_s for one in self.moved), default=0.0)

    @property
    def overlap_s(self) -> float:
        """The longest time that two nodes recorded the same camera."""
        return max((one.overlap_s for one in self.moved), default=0.0)

    @property
    def lost(self) -> int:
        """Frames that all cameras lost."""
        return self.lost_elsewhere + sum(one.lost for one in self.moved)

    @property
    def lost_elsewhere(self) -> int:
        """Frames that cameras lost which stayed where they were."""
        return sum(self.stayed.values())


def read_failover(audit: Path) -> Failover:
    """Read the tables of an audit folder.

    Raises:
        duckdb.IOException: a table is missing.
    """
    tables = Tables(audit)
    nodes: dict[str, list[str]] = {}
    for row in tables.query("SELECT camera, node FROM tenures ORDER BY camera, first_frame"):
        nodes.setdefault(row["camera"], []).append(row["node"])
    longest: dict[str, float] = {}
    for row in tables.query("SELECT camera, node, other, length_ms FROM doubled ORDER BY camera, first_frame"):
        camera, had = row["camera"], nodes.setdefault(row["camera"], [])
        # Who recorded nothing that the other had not too has no tenure, and recorded it all the same.
        had += [node for node in (row["node"], row["other"]) if node not in had]
        longest[camera] = max(longest.get(camera, 0.0), float(row["length_ms"]) / 1000)
    moved, stayed = [], {}
    for row in tables.query(
        "SELECT camera, gateway, missing + damaged AS lost, longest_gap_ms FROM cameras ORDER BY camera"
    ):
        camera = row["camera"]
        if len(had := nodes.get(camera, [])) > 1:
            gap_s, overlap_s = row["longest_gap_ms"] / 1000, longest.get(camera, 0.0)
            moved.append(Moved(camera, row["gateway"], tuple(had), gap_s, overlap_s, int(row["lost"])))
        else:
            stayed[camera] = int(row["lost"])
    return Failover(tuple(moved), stayed)


def longest_gaps(audit: Path) -> list[float]:
    """The longest gap of every camera, in seconds.

    Raises:
        duckdb.IOException: a table is missing.
    """
    rows = Tables(audit).query("SELECT longest_gap_ms FROM cameras ORDER BY camera")
    return [float(row["longest_gap_ms"]) / 1000 for row in rows]
