"""The folder of an inventory: what was submitted, what came of it, and what goes back. Files in, files out.

inventory.jsonl   retired.jsonl      the cameras; those that no submission tells of any more
submissions.jsonl submissions/       every version of every submission: summaries, and what each holds
findings.jsonl                       every remark about a file, row or cell, and every contradiction
merges.jsonl      review.jsonl       what was merged and why; what a person must decide
returned/*.xlsx   changes/*.json     rejected rows for each submitter; what each resubmission changed
decisions.json                       what people decided, until they decide otherwise
summary.json                         counts
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from citycam.inventory import inventory
from citycam.inventory.diff import Difference, compare_records
from citycam.inventory.intake import Taken, take
from citycam.inventory.network import Credentials
from citycam.inventory.record import CameraRecord
from citycam.inventory.remark import Level, Remark
from citycam.inventory.review import Review, review
from citycam.inventory.submission import Submission
from citycam.inventory.version import Version, difference, dump_version, keep, load_version, name_of, secret_reference
from citycam.model.errors import ConfigError

STORE = "secrets.json"
DECISIONS = "decisions.json"


@dataclass(frozen=True)
class Import:
    """What an import comes to, before anything is written."""

    taken: tuple[Taken, ...]
    unchanged: tuple[str, ...]
    new: tuple[Version, ...]
    changes: Mapping[str, Difference]
    current: tuple[Version, ...]
    review: Review
    difference: Difference
    credentials: Mapping[str, Credentials]
    decisions: Mapping[str, str]

    @property
    def refused(self) -> list[Remark]:
        """Files that could not be read."""
        return [one.refusal for one in self.taken if one.refusal]

    def summary(self) -> dict[str, Any]:
        """Counts, as JSON."""
        return {
            "schema_version": 1,
            "files": len(self.taken),
            "refused_files": len(self.refused),
            "unchanged_files": len(self.unchanged),
            "submissions": len(self.current),
            "rows": sum(version.rows for version in self.new),
            "accepted": sum(version.rows - version.noted - version.rejected for version in self.new),
            "noted": sum(version.noted for version in self.new),
            "rejected": sum(version.rejected for version in self.new),
            "cameras": len(self.review.records),
            "merged": len(self.review.merges),
            "to_review": len(self.review.queue),
            "contradictions": len(self.review.remarks),
            "credentials_moved": len(self.credentials),
            "added": len(self.difference.added),
            "removed": len(self.difference.removed),
            "changed": len({change.camera for change in self.difference.changed}),
        }


def prepare(
    files: Sequence[Path],
    folder: Path,
    received: datetime,
    decisions: Mapping[str, str] | None = None,
    *,
    workers: int | None = None,
    seen: Callable[[int], None] = lambda _: None,
    surveys: Sequence[Version] = (),
) -> Import:
    """Read the files, and take surveys, on top of what the folder holds. Writes nothing.

    `decisions` (item → decision) are added to those of before; of two about one item the new one counts.

    Raises:
        ConfigError: the folder holds something unreadable. What is wrong with a submitted file is in the result.
    """
    kept = current_versions(folder)
    before = _records(folder / inventory.FILE)
    taken = take(files, received, workers, seen)
    known = {version.digest for version in kept.values()}
    fresh = {one.digest: one for one in taken if one.submission and one.digest not in known}
    unchanged = [one.file for one in taken if one.submission and fresh.get(one.digest) is not one]
    new: list[Version] = []
    changes: dict[str, Difference] = {}
    credentials: dict[str, Credentials] = {}
    for name, submission in _named([one.submission for one in fresh.values() if one.submission]):
        old = kept.get(name)
        version = keep(submission, name, old.version + 1 if old else 1)
        if old:
            changes[f"{name}-v{version.version}"] = difference(old, version)
        kept[name] = version
        new.append(version)
        for (sheet, row), told in submission.credentials.items():
            credentials[secret_reference(submission.digest, sheet, row)] = told
    for survey in surveys:
        old = kept.get(survey.name)
        if old and old.digest == survey.digest:
            unchanged.append(survey.file)
            continue
        version = replace(survey, version=old.version + 1 if old else 1)
        if old:
            changes[f"{version.name}-v{version.version}"] = difference(old, version)
        kept[version.name] = version
        new.append(version)
    current = tuple(kept[name] for name in sorted(kept))
    decided = _decided(folder) | dict(decisions or {})
    result = review(current, [*before, *_records(folder / "retired.jsonl")], decided)
    return Import(
        tuple(taken),
        tuple(unchanged),
        tuple(new),
        changes,
        current,
        result,
        compare_records(before, result.records),
        credentials,
        decided,
    )


def _named(submissions: Iterable[Submission]) -> list[tuple[str, Submission]]:
    """Names for submissions of one import; those that would be one and the same are parts, told apart by content."""
    by_name: dict[str, list[Submission]] = {}
    for submission in submissions:
        by_name.setdefault(name_of(submission), []).append(submission)
    found = []
    for name, parts in by_name.items():
        for part in parts:
            if len(parts) > 1:
                wrong = f"{len(parts)} files claim to be one submission; each is kept as a part of it"
                part.remarks.append(Remark(level=Level.NOTE, file=part.file, wrong=wrong))
            found.append((name if len(parts) == 1 else f"{name}-{part.digest[7:13]}", part))
    return sorted(found, key=lambda pair: pair[0])


def write(made: Import, folder: Path) -> None:
    """Write an import into the folder, the inventory last and each file by rename."""
    for version in made.new:
        _write(folder / "submissions" / f"{version.name}-v{version.version}.jsonl", dump_version(version))
    for name, changed in made.changes.items():
        _write(folder / "changes" / f"{name}.json", json.dumps(changed.as_dict(), ensure_ascii=False, indent=1) + "\n")
    for name, content in _returned(made).items():
        _write_bytes(folder / "returned" / f"{name}.xlsx", content)
    remarks = [remark for version in made.current for remark in version.remarks]
    findings = [*made.refused, *remarks, *made.review.remarks]
    _write_lines(
        folder / "findings.jsonl", (remark.model_dump(mode="json", exclude_defaults=True) for remark in findings)
    )
    _write_lines(folder / "submissions.jsonl", (version.summary() for version in made.current))
    _write_lines(folder / "merges.jsonl", made.review.merges)
    _write_lines(folder / "review.jsonl", made.review.queue)
    _write(folder / DECISIONS, json.dumps(made.decisions, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    _write(folder / "summary.json", json.dumps(made.summary(), indent=1) + "\n")
    _write(folder / "retired.jsonl", inventory.dump_records(made.review.retired))
    _write_bytes(folder / inventory.FILE, inventory.dump_records(made.review.records).encode(), durable=True)


def current_versions(folder: Path) -> dict[str, Version]:
    """Name → newest version of each submission that the folder keeps.

    Raises:
        ConfigError: one is unreadable.
    """
    newest: dict[str, tuple[int, Path]] = {}
    for path in (folder / "submissions").glob("*-v*.jsonl"):
        name, _, number = path.stem.rpartition("-v")
        if number.isdecimal():
            newest[name] = max(newest.get(name, (0, path)), (int(number), path))
    return {name: load_version(path) for name, (_, path) in sorted(newest.items())}


def load_decisions(path: Path) -> dict[str, str]:
    """Item → decision, out of a CSV file with the columns `item` and `decision` (others are for people).

    Raises:
        ConfigError: unreadable, without these columns, or one item decided in two ways.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(
            "cannot read the decisions", where=str(path), why=str(error), next="check the path"
        ) from error
    if not {"item", "decision"} <= set(reader.fieldnames or ()):
        raise ConfigError(
            "a table of decisions needs the columns `item` and `decision`", where=f"{path}:1", next="name them so"
        )
    said: dict[str, str] = {}
    for line, row in enumerate(rows, 2):
        item, decision = (row.get("item") or "").strip(), (row.get("decision") or "").strip()
        if not item or not decision:
            raise ConfigError("a decision needs `item` and `decision`", where=f"{path}:{line}", next="fill in both")
        if said.setdefault(item, decision) != decision:
            raise ConfigError(f"{item} is decided in two ways", where=f"{path}:{line}", next="keep one of them")
    return said


def _decided(folder: Path) -> dict[str, str]:
    path = folder / DECISIONS
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}
    except ValueError as error:
        raise ConfigError(
            "the decisions of before are damaged", where=str(path), why=str(error), next="give them again: --decisions"
        ) from error


def _records(path: Path) -> list[CameraRecord]:
    return inventory.load_records(path) if path.exists() else []


def _returned(made: Import) -> dict[str, bytes]:
    """A workbook for every submission that has rejected rows."""
    names = {version.digest: f"{version.name}-v{version.version}" for version in made.new}
    return {names[one.digest]: one.returned for one in made.taken if one.digest in names and one.returned is not None}


def _write(path: Path, text: str) -> None:
    _write_bytes(path, text.encode())


def _write_lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    _write(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _write_bytes(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Replace a file by rename. Only the inventory waits for the disk: the rest can be made again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".new")
    with scratch.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    scratch.replace(path)
