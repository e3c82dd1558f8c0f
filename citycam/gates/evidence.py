"""Read the evidence of a run for judging. What is absent, unreadable, empty or of another schema was not measured.

Files and columns are the contract of a run folder; nothing here is computed by those who measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from citycam.evidence.journal import Entry, Journal
from citycam.gates.tables import MAY_BE_EMPTY, TABLES, fits
from citycam.model.errors import ConfigError, EvidenceInvalid, EvidenceMissing
from citycam.plan.plan import Plan, load_plan


class Summary(BaseModel):
    """A JSON document of the evidence, of which only the judged members are read."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Marks(Summary):
    """The judged window: frames scheduled at `start_ns <= t < stop_ns` (ns since 1970, UTC)."""

    start_ns: int
    stop_ns: int

    @property
    def seconds(self) -> float:
        """Length of the window."""
        return (self.stop_ns - self.start_ns) / 1e9


class LedgerState(Summary):
    """How far the fleet's ledger reaches."""

    complete: bool
    through_ns: int | None = None
    why: str = ""


class AuditState(Summary):
    """What the archive audit says of itself in `audit.json`."""

    window: Marks
    ledger: LedgerState
    totals: dict[str, int]
    seconds: float | None = None
    frames_per_second: float | None = None


class LoadState(Summary):
    """What the load generator says of itself in `load.json`."""

    users: int
    requests: int
    failures: int
    listener_errors: int
    exit_code: int
    seconds: float
    healthy: bool
    why: str = ""
    cpu_percent_max: float | None = None


class ShardState(Summary):
    """What a process of the fleet says of itself: see `citycam.evidence.punctuality.Shard`."""

    shard: str
    frames: int
    p99_s: float | None
    cores: float
    why: str = ""


class FleetState(Summary):
    """What the fleet says of itself in `fleet.json`."""

    shards: tuple[ShardState, ...]


S = TypeVar("S", bound=Summary)


@dataclass(frozen=True)
class Evidence:
    """The evidence in a run folder, of all planned cameras or `only` some."""

    folder: Path
    cameras: frozenset[str] | None = None

    def only(self, cameras: Iterable[str]) -> Evidence:
        """The same evidence restricted to some cameras."""
        return replace(self, cameras=frozenset(cameras))

    def path(self, file: str) -> Path:
        """A file of the run that must be there.

        Raises:
            EvidenceMissing: absent or empty.
        """
        path = self.folder / file
        try:
            size = path.stat().st_size
        except OSError as error:
            raise EvidenceMissing(f"{file} is missing", where=str(path), why=error.strerror or "") from error
        if size == 0:
            raise EvidenceMissing(f"{file} is empty", where=str(path))
        return path

    def plan(self) -> Plan:
        """The plan, restricted to the chosen cameras.

        Raises:
            EvidenceMissing: no readable plan.
        """
        path = self.path("plan.json")
        try:
            plan = load_plan(path)
        except ConfigError as error:
            raise EvidenceMissing("plan.json is not a plan", where=str(path), why=error.why) from error
        if self.cameras is None:
            return plan
        chosen = self.cameras
        return plan.model_copy(
            update={
                "cameras": [camera for camera in plan.cameras if camera.id in chosen],
                "gateways": {name: [one for one in ids if one in chosen] for name, ids in plan.gateways.items()},
            }
        )

    def marks(self) -> Marks:
        """The judged window.

        Raises:
            EvidenceMissing: no marks, or they enclose nothing.
        """
        marks = self._summary("marks.json", Marks)
        if marks.stop_ns <= marks.start_ns:
            raise EvidenceMissing("marks.json encloses no time", where=str(self.folder / "marks.json"))
        return marks

    def audit(self) -> AuditState:
        """`evidence/audit/audit.json`. Raises: EvidenceMissing."""
        return self._summary("evidence/audit/audit.json", AuditState)

    def load(self) -> LoadState:
        """`evidence/load.json`. Raises: EvidenceMissing."""
        return self._summary("evidence/load.json", LoadState)

    def fleet(self) -> FleetState:
        """`evidence/fleet.json`. Raises: EvidenceMissing."""
        return self._summary("evidence/fleet.json", FleetState)

    def journal(self) -> list[Entry]:
        """What happened when.

        Raises:
            EvidenceMissing: absent or damaged.
        """
        path = self.path("journal.jsonl")
        try:
            return list(Journal(path).entries())
        except (EvidenceInvalid, OSError, UnicodeDecodeError) as error:
            raise EvidenceMissing("journal.jsonl is damaged", where=str(path), why=str(error)) from error

    def check(self, table: str) -> Path:
        """The Parquet file of a table, with the columns of the contract and, where that matters, rows.

        Raises:
            EvidenceMissing: absent, unreadable, of another schema, or empty.
        """
        file, columns = TABLES[table]
        path = self.path(file)
        try:
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
        except (pa.ArrowException, OSError) as error:
            raise EvidenceMissing(f"{file} is not readable", where=str(path), why=str(error)) from error
        wrong = [
            name
            for name, kind in columns.items()
            if name not in schema.names or not fits(schema.field(name).type, kind)
        ]
        if wrong:
            raise EvidenceMissing(f"{file} has another schema", where=str(path), why=f"columns {', '.join(wrong)}")
        if metadata.num_rows == 0 and table not in MAY_BE_EMPTY:
            raise EvidenceMissing(f"{file} has no rows", where=str(path))
        return path

    def rows(self, table: str, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Answer `query` (SQL with `?` for `values`) over one table, which it names `evidence`.

        Raises:
            EvidenceMissing: as `check`, or the file's data cannot be decoded.
        """
        path = self.check(table)
        source = "select * from read_parquet(?)"
        bound: list[object] = [str(path)]
        if self.cameras is not None:
            source += " where list_contains(?, camera)"
            bound.append(sorted(self.cameras))
        try:
            with _database().cursor() as database:
                return database.execute(f"with evidence as ({source}) {query}", [*bound, *values]).fetchall()
        except duckdb.Error as error:
            raise EvidenceMissing(f"{TABLES[table][0]} is not readable", where=str(path), why=str(error)) from error

    def moved(self) -> set[str]:
        """Cameras that more than one node recorded within the window.

        Raises:
            EvidenceMissing: the audit's table of tenures is missing or unreadable.
        """
        rows = self.rows("tenures", "select camera from evidence group by camera having count(distinct node) > 1")
        return {camera for (camera,) in rows}

    def _summary(self, file: str, model: type[S]) -> S:
        path = self.path(file)
        try:
            return model.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise EvidenceMissing(f"{file} is not readable", where=str(path), why=str(error)) from error


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """An empty database in memory; opening one takes longer than most queries."""
    return duckdb.connect(config={"threads": 1})
