"""The journal of a run: one JSON line per step, on disk before the step goes on, so that a killed run can be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from citycam.model.errors import EvidenceInvalid


@dataclass(frozen=True)
class Entry:
    """One step: `event` is `start`, `end` or `fail` of a `phase`; `t` in ns since 1970, UTC."""

    t: int
    phase: str
    event: str
    why: str = ""


@dataclass(frozen=True)
class Journal:
    """An append-only file of entries."""

    path: Path

    def append(self, t: int, phase: str, event: str, why: str = "") -> None:
        """Write one entry and wait until the disk has it."""
        line = json.dumps(asdict(Entry(t, phase, event, why)), ensure_ascii=False) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def entries(self) -> Iterator[Entry]:
        """All entries in order; a last line cut off by a crash is left out.

        Raises:
            EvidenceInvalid: a line in the middle is not an entry.
        """
        if not self.path.exists():
            return
        *lines, torn = self.path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, 1):
            try:
                yield Entry(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise EvidenceInvalid(
                    "the journal is damaged",
                    where=f"{self.path}:{number}",
                    why=str(error),
                    next="do not trust this run",
                ) from error
        if torn:
            return
