"""The folder of a run: where each piece of evidence lies, and how recorded segments get into it."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citycam.evidence import fmp4
from citycam.evidence.journal import Journal
from citycam.evidence.segment import file_time_ns
from citycam.model.errors import EvidenceInvalid, EvidenceMissing
from citycam.plan.plan import Plan

STAMP = "%Y-%m-%dT%H-%M-%SZ"
MARGIN_NS = 5_000_000_000
"""Segments this close to the window are kept too: clocks and network may put a frame into a neighbour."""


@dataclass(frozen=True)
class Marks:
    """The window that is judged: frames with start_ns <= scheduled < stop_ns. Nanoseconds since 1970, UTC."""

    start_ns: int
    stop_ns: int


@dataclass(frozen=True)
class Run:
    """One run folder, `runs/<campaign>/<UTC time>/`."""

    root: Path

    @classmethod
    def create(cls, runs: Path, campaign: str, now: datetime | None = None) -> Run:
        """Make a new run folder and point `runs/latest` at it; earlier runs stay as they are."""
        stamp = (now or datetime.now(UTC)).strftime(STAMP)
        parent = runs / campaign
        parent.mkdir(parents=True, exist_ok=True)
        name, number = stamp, 1
        while True:
            try:
                (parent / name).mkdir()
                break
            except FileExistsError:
                number += 1
                name = f"{stamp}-{number}"
        run = cls(parent / name)
        run.evidence.mkdir()
        _point(runs / "latest", run.root)
        return run

    @property
    def id(self) -> str:
        """`<campaign>-<UTC time>`: unique, and fit for a file name."""
        return f"{self.root.parent.name}-{self.root.name}"

    @property
    def evidence(self) -> Path:
        """Everything that was measured."""
        return self.root / "evidence"

    @property
    def ledger(self) -> Path:
        """What the fleet says it sent."""
        return self.evidence / "ledger.jsonl"

    @property
    def archive(self) -> Path:
        """`<gateway>/<camera>/<segment>`: the gateways' recordings on one machine."""
        return self.evidence / "archive"

    def node_archive(self, node: str) -> Path:
        """The same of one node of many: a gateway may have recorded on several."""
        return self.evidence / "nodes" / node

    def archives(self) -> dict[str, Path]:
        """Node → its archive, of all nodes whose recordings are here; of one machine the node is ''."""
        nodes = sorted(self.evidence.glob("nodes/*"))
        return {"": self.archive} | {path.name: path for path in nodes}

    @property
    def audit(self) -> Path:
        """Tables of the audit."""
        return self.evidence / "audit"

    @property
    def thumbnails(self) -> Path:
        """`<camera>.jpg`."""
        return self.evidence / "thumbnails"

    @property
    def manifest(self) -> Path:
        """Size and SHA-256 of every file."""
        return self.root / "manifest.json"

    @property
    def journal(self) -> Journal:
        """What happened when."""
        return Journal(self.root / "journal.jsonl")

    def marks(self) -> Marks:
        """The window of the run.

        Raises:
            EvidenceMissing: the run never reached its recording.
            EvidenceInvalid: the file is damaged.
        """
        path = self.root / "marks.json"
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            return Marks(int(document["start_ns"]), int(document["stop_ns"]))
        except FileNotFoundError as error:
            raise EvidenceMissing(
                "the run has no window", where=str(path), why="it ended before its recording", next="run it again"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise EvidenceInvalid("cannot read the window", where=str(path), why=str(error)) from error

    def write_json(self, name: str, document: Mapping[str, Any]) -> Path:
        """Write a JSON file into the run, in place only when it is complete; `name` is relative to the run."""
        return self.write_text(name, json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def write_text(self, name: str, text: str) -> Path:
        """Write a text file into the run, in place only when it is complete; `name` is relative to the run."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
        return path

    def collect_archive(self, gateway: str, recordings: Path, marks: Marks) -> int:
        """Keep the segments of `recordings/<camera>/` that overlap the window; returns how many.

        Finished segments become hard links (copies across file systems), so that the gateway's retention cannot take
        them; one still being written is copied, so that the evidence no longer changes.
        """
        count = 0
        for source in sorted(recordings.glob("*/*")):
            if source.is_file() and _reaches_in(source, marks):
                kept = self.archive / gateway / source.parent.name / source.name
                kept.parent.mkdir(parents=True, exist_ok=True)
                count += _keep(source, kept)
        return count


def written_since(plan: Plan, since_ns: int, recordings: Callable[[str], Path]) -> int:
    """How many cameras of `plan` had something written after an instant; `recordings` tells a gateway's folder."""
    return sum(
        _newest_ns(recordings(gateway) / camera) > since_ns
        for gateway, cameras in plan.gateways.items()
        for camera in cameras
    )


def _newest_ns(folder: Path) -> int:
    try:
        newest = max(folder.iterdir(), default=None)
        return newest.stat().st_mtime_ns if newest is not None else -1
    except FileNotFoundError:
        return -1


def overlaps(name: str, written_ns: int, marks: Marks) -> bool:
    """Whether a segment reaches into the window, by the time in its name and its last write.

    A file without a time in its name is kept to be reported.
    """
    began = file_time_ns(name)
    if began is None:
        return True
    return began < marks.stop_ns + MARGIN_NS and max(written_ns, began) >= marks.start_ns - MARGIN_NS


def _reaches_in(source: Path, marks: Marks) -> bool:
    try:
        return overlaps(source.name, source.stat().st_mtime_ns, marks)
    except FileNotFoundError:
        return False


def _keep(source: Path, kept: Path) -> bool:
    """False when retention took the file between the listing and now."""
    kept.unlink(missing_ok=True)
    try:
        if fmp4.is_closed(source):
            try:
                os.link(source, kept)
            except FileNotFoundError:
                raise
            except OSError:  # another file system, or one without links
                shutil.copy2(source, kept)
        else:
            shutil.copy2(source, kept)
    except FileNotFoundError:
        return False
    return True


def _point(link: Path, target: Path) -> None:
    draft = link.with_name(f".{link.name}.{uuid.uuid4().hex[:8]}")
    draft.symlink_to(os.path.relpath(target, link.parent))
    draft.replace(link)
