"""One ledger out of those that the shards of a fleet wrote.

A run of several processes has a list of parts, `ledger/<run>.parts.json`; each part is a ledger of its own. The whole
has all their lines, and claims no more than the least of them: its one checkpoint is the earliest of their last ones,
and it is closed when all are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from citycam.model.errors import EnvironmentFailure, EvidenceMissing
from simulators.fleet.ledger import SCHEMA_VERSION as LEDGER_VERSION

SCHEMA_VERSION = 1
_LAST_BYTES = 4 * 1024 * 1024
"""More than a shard writes from one checkpoint to the next."""


@dataclass(frozen=True)
class Cut:
    """A shard died without closing its part: what it sent after its last checkpoint nobody knows."""

    shard: int
    t: int
    """When it was noticed, ns since 1970."""
    why: str


@dataclass
class Parts:
    """What the ledger of a run is made of: files under the fleet's root, one for each life of each shard."""

    run: str
    files: list[str] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)

    @staticmethod
    def path(root: Path, run: str) -> Path:
        """Where the list of a run is kept."""
        return root / "ledger" / f"{run}.parts.json"

    def save(self, root: Path) -> None:
        """Write the list, whole or not at all."""
        path = self.path(root, self.run)
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
        os.replace(temporary, path)

    @classmethod
    def load(cls, root: Path, run: str) -> Parts:
        """Read the list of a run.

        Raises:
            FileNotFoundError: there is none.
            EvidenceMissing: it is not one of ours.
        """
        path = cls.path(root, run)
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return cls(document["run"], list(document["files"]), [Cut(**cut) for cut in document["cuts"]])
        except (ValueError, KeyError, TypeError) as error:
            raise EvidenceMissing("the ledger's parts cannot be told", where=str(path), why=str(error)) from error


class _Part:
    """Reads a part: gives its lines, but for those that speak of the part itself, which it keeps."""

    def __init__(self, lines: Iterable[bytes] | None) -> None:
        self._lines = iter(lines or ())
        self.started_ns: int | None = None
        self.through_ns: int | None = None
        self.closed_ns: int | None = None
        self._first = list(self._own(islice(self._lines, 1)))

    def body(self) -> Iterator[bytes]:
        """Every line that goes into the whole."""
        yield from self._first
        yield from self._own(self._lines)

    def _own(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            if not self._keeps(line):
                yield line

    def _keeps(self, line: bytes) -> bool:
        kind = _kind(line)
        if kind not in (b"header", b"checkpoint", b"close"):
            return False
        try:
            record = json.loads(line)
            if kind == b"header":
                self.started_ns = int(record["started_ns"])
            elif kind == b"checkpoint":
                self.through_ns = max(self.through_ns or 0, int(record["through_ns"]))
            else:
                self.closed_ns = int(record["t"])
        except (ValueError, KeyError, TypeError):
            return False  # damage stays where a reader sees it
        return True


def merge(run: str, parts: Mapping[str, Iterable[bytes] | None], cuts: Iterable[Cut] = ()) -> Iterator[bytes]:
    """The lines of the whole ledger: a header, the parts' own lines in the order of their names, and the end.

    Neither the order of `parts` nor that of `cuts` matters. A part that is None is missing, and so nothing is complete.
    A last line without its end was being written: no checkpoint has promised it, and it is left out.
    """
    read = [_Part(lines) for _, lines in sorted(parts.items())]
    started = min((part.started_ns for part in read if part.started_ns is not None), default=0)
    yield _line({"kind": "header", "schema_version": LEDGER_VERSION, "run": run, "started_ns": started})
    for part in read:
        yield from part.body()
    for cut in sorted(cuts, key=lambda cut: (cut.t, cut.shard, cut.why)):
        yield _line({"kind": "cut", **asdict(cut)})
    headed = bool(read) and all(part.started_ns is not None for part in read)
    through = [part.through_ns for part in read if part.through_ns is not None]
    if headed and len(through) == len(read):
        yield _line({"kind": "checkpoint", "t": min(through), "through_ns": min(through)})
    closed = [part.closed_ns for part in read if part.closed_ns is not None]
    if headed and len(closed) == len(read):
        yield _line({"kind": "close", "t": max(closed)})


def through_of(path: Path) -> int | None:
    """Up to when a part is complete, in ns; None if it never said so, or is not there. Reads no more than its end."""
    with ExitStack() as files:
        file = _opened(path, files)
        if file is None:
            return None
        size = file.seek(0, os.SEEK_END)
        for reach in (_LAST_BYTES, size):
            file.seek(max(0, size - reach))
            if reach < size:
                file.readline()  # the rest of a line
            part = _Part(file)
            for _ in part.body():
                pass
            if part.through_ns is not None:
                return part.through_ns
    return None


def copy_ledger(root: Path, run: str, destination: Path) -> None:
    """Bring the ledger of a run as it is now to `destination`: the one there is, or its parts merged.

    Raises:
        EvidenceMissing: the fleet at `root` has no such run.
        EnvironmentFailure: the destination cannot be written.
    """
    with ExitStack() as files:
        try:
            whole = root / "ledger" / f"{run}.jsonl"
            lines: Iterable[bytes]
            if whole.is_file():
                lines = files.enter_context(whole.open("rb"))
            else:
                parts = Parts.load(root, run)
                lines = merge(run, {name: _opened(root / name, files) for name in parts.files}, parts.cuts)
        except FileNotFoundError as error:
            raise EvidenceMissing(
                f"there is no ledger of {run!r}", where=str(root / "ledger"), next="name a run that the fleet had"
            ) from error
        try:
            with destination.open("wb") as file:
                file.writelines(lines)
        except OSError as error:
            raise EnvironmentFailure(
                "the ledger cannot be copied", where=str(destination), why=error.strerror or str(error)
            ) from error


def _opened(path: Path, files: ExitStack) -> IO[bytes] | None:
    try:
        return files.enter_context(path.open("rb"))
    except FileNotFoundError:
        return None


def _kind(line: bytes) -> bytes:
    """The kind that every line of ours begins with; reading each line whole would take minutes for a day's."""
    return line[9 : line.find(b'"', 9)] if line.startswith(b'{"kind":"') else b""


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"
