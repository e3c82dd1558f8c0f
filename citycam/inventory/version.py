"""A version of a submission as it is kept: whose it is, its cameras, and what was said of it.

A file is known by its submitter and by its name without marks of version; sent again, it is the next version and takes
the place of the one before.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from citycam.inventory.diff import Difference, compare
from citycam.inventory.identity import Sighting, face
from citycam.inventory.record import Source
from citycam.inventory.remark import Remark
from citycam.inventory.row import Facts, Question
from citycam.inventory.spelling import fold
from citycam.inventory.submission import Asked, Observation, Submission
from citycam.model.errors import ConfigError

SCHEMA = "citycam.submission"
SCHEMA_VERSION = 1
_MARKS = re.compile(
    r"\b(?:(?:v|ver|version|lan|ban|rev)\s*\d{1,3}|\d{8}|\d{4} \d{2} \d{2}"
    r"|final|copy|ban sao|sua doi|da sua|cap nhat)\b"
)
"""What people add to a file's name when they send it again, spelled without marks. "Part 2" is another file."""


@dataclass(frozen=True)
class Version:
    """One submission, kept. `name` is the same for all its versions; `rows` are those that tell of cameras."""

    name: str
    version: int
    file: str
    digest: str
    submitter: str
    received: datetime
    rows: int
    noted: int
    rejected: int
    observations: tuple[Observation, ...] = ()
    questions: tuple[Asked, ...] = ()
    remarks: tuple[Remark, ...] = field(default=(), repr=False)

    def sightings(self) -> Iterable[Sighting]:
        """Its cameras, with where each fact comes from."""
        for one in self.observations:
            source = Source(
                digest=self.digest,
                file=self.file,
                sheet=one.sheet,
                row=one.row,
                part=one.part,
                submitter=self.submitter,
                version=self.version,
                received=self.received,
            )
            yield Sighting(one.facts, source)

    def summary(self) -> dict[str, Any]:
        """What is told of it in lists."""
        return {
            "name": self.name,
            "version": self.version,
            "file": self.file,
            "digest": self.digest,
            "submitter": self.submitter,
            "received": self.received.isoformat(),
            "rows": self.rows,
            "accepted": self.rows - self.noted - self.rejected,
            "noted": self.noted,
            "rejected": self.rejected,
            "cameras": len(self.observations),
        }


def name_of(submission: Submission) -> str:
    """The name of a submission: readable, safe for a file system, and the same when it is sent again."""
    stem = _MARKS.sub(" ", fold(PurePath(submission.file).stem))
    whole = f"{fold(submission.submitter)}/{' '.join(stem.split())}"
    slug = re.sub(r"[^a-z0-9]+", "-", whole).strip("-")[:60].strip("-") or "submission"
    return f"{slug}-{hashlib.sha256(whole.encode()).hexdigest()[:6]}"


def secret_reference(digest: str, sheet: str, row: int) -> str:
    """Where the credentials of a row are in the secret store."""
    return "secret-" + hashlib.sha256(f"{digest}\n{sheet}\n{row}".encode()).hexdigest()[:20]


def keep(submission: Submission, name: str, version: int) -> Version:
    """A submission as a version; each camera names its secret."""
    return Version(
        name,
        version,
        submission.file,
        submission.digest,
        submission.submitter,
        submission.received,
        submission.rows,
        submission.noted,
        submission.rejected,
        tuple(_with_secret(submission, one) for one in submission.observations),
        tuple(submission.questions),
        tuple(submission.remarks),
    )


def _with_secret(submission: Submission, one: Observation) -> Observation:
    if (one.sheet, one.row) not in submission.credentials:
        return one
    facts = one.facts | {"secret": secret_reference(submission.digest, one.sheet, one.row)}
    return Observation(facts, one.sheet, one.row, one.part)


def difference(old: Version, new: Version) -> Difference:
    """What a resubmission changes, camera by camera."""
    return compare(_named(old), _named(new))


def _named(version: Version) -> Mapping[str, Facts]:
    found: dict[str, Facts] = {}
    for one in version.observations:
        who = face(one.facts)
        known = who.recorder or who.serial or who.mac or who.onvif
        what = " ".join(map(str, known)) if isinstance(known, tuple) else known
        where = [one.facts.get(name) for name in ("site", "latitude", "longitude", "address", "path")]
        name = what or "at " + ", ".join(str(part) for part in where if part is not None)
        while name in found:
            name += " (again)"
        found[name] = {field: value for field, value in one.facts.items() if field != "secret"}
    return found


def dump_version(version: Version) -> str:
    """A version as the text of its file: a header, then a line for each camera, question and remark."""
    head = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION, **version.summary()}
    lines = [json.dumps(head, ensure_ascii=False)]
    for one in version.observations:
        lines.append(json.dumps({"camera": [one.sheet, one.row, one.part], "facts": one.facts}, ensure_ascii=False))
    for asked in version.questions:
        lines.append(json.dumps({"question": [asked.sheet, asked.row], **vars(asked.question)}, ensure_ascii=False))
    lines += [
        json.dumps({"remark": remark.model_dump(exclude_defaults=True)}, ensure_ascii=False)
        for remark in version.remarks
    ]
    return "\n".join(lines) + "\n"


def load_version(path: Path) -> Version:
    """Read what `dump_version` wrote.

    Raises:
        ConfigError: unreadable, or another schema.
    """
    try:
        head, *lines = [json.loads(line) for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n")]
        if (head.pop("schema"), head.pop("schema_version")) != (SCHEMA, SCHEMA_VERSION):
            raise ValueError("another schema")
        head = {name: head[name] for name in Version.__annotations__ if name in head}
        return Version(
            **head | {"received": datetime.fromisoformat(head["received"])},
            observations=tuple(Observation(line["facts"], *line["camera"]) for line in lines if "camera" in line),
            questions=tuple(_asked(line) for line in lines if "question" in line),
            remarks=tuple(Remark.model_validate(line["remark"]) for line in lines if "remark" in line),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            "not a kept submission", where=str(path), why=str(error), next="import its file into a new folder"
        ) from error


def _asked(line: Mapping[str, Any]) -> Asked:
    sheet, row = line["question"]
    return Asked(sheet, row, Question(line["field"], line["why"], tuple(line["candidates"]), line["likely"]))
