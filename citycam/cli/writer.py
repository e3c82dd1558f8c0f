"""A client of the database that commits one row after another, and later looks for every row that was acknowledged."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from citycam.cli.platform import Platform
from citycam.model.environment import Environment
from citycam.model.errors import EnvironmentFailure
from infra.endpoints import database_reached
from infra.outputs import Outputs

PAUSE_S = 0.05
_TABLE = "CREATE TABLE IF NOT EXISTS citycam_written (number bigint PRIMARY KEY, at timestamptz DEFAULT now())"


@dataclass(frozen=True)
class Outcome:
    """Rows that were acknowledged, those of them that are not there, and the longest time without a commit (s).

    `behind_s` is from the newest row that is there to the newest that was acknowledged.
    """

    committed: int
    lost: int
    longest_s: float
    behind_s: float


@dataclass
class Writer:
    """Writes from `start` to `stop`, whoever is primary; a commit without an answer is not counted as one."""

    environment: Environment
    project: Path
    _times: list[float] = field(default_factory=list)
    _numbers: list[int] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        outputs = Platform(self.environment).outputs
        self._thread = threading.Thread(target=self._write, args=(outputs,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for it."""
        self._ended.set()
        if self._thread:
            self._thread.join()

    @property
    def committed(self) -> int:
        """Rows acknowledged so far."""
        return len(self._numbers)

    def outcome(self) -> Outcome:
        """Look for every row that was acknowledged.

        Raises:
            EnvironmentFailure: no member of the database can be reached, or nothing was ever committed.
        """
        if not self._numbers:
            raise EnvironmentFailure("the writer never committed a row", where="database")
        outputs = Platform(self.environment).outputs
        with database_reached(self.environment, outputs, self.project) as dsn, psycopg.connect(dsn) as connection:
            connection.execute(_TABLE)
            there = {row[0] for row in connection.execute("SELECT number FROM citycam_written")}
            connection.execute("DROP TABLE citycam_written")
        pauses = [later - earlier for earlier, later in zip(self._times, self._times[1:], strict=False)]
        kept = [number for number in self._numbers if number in there]
        behind_s = (self._numbers[-1] - max(kept, default=self._numbers[0])) / 1e9
        return Outcome(self.committed, self.committed - len(kept), max(pauses, default=0.0), behind_s)

    def _write(self, outputs: Outputs) -> None:
        while not self._ended.is_set():
            with (
                suppress(psycopg.Error, EnvironmentFailure),
                database_reached(self.environment, outputs, self.project) as dsn,
                psycopg.connect(dsn, autocommit=True) as connection,
            ):
                connection.execute(_TABLE)
                while not self._ended.is_set():
                    number = time.time_ns()
                    connection.execute("INSERT INTO citycam_written (number) VALUES (%s)", (number,))
                    self._numbers.append(number)
                    self._times.append(time.monotonic())
                    self._ended.wait(PAUSE_S)
            self._ended.wait(PAUSE_S)
