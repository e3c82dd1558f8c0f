"""The judgement of a run, as it stands in `verdict.json`: everything a report says of a verdict comes from here."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from citycam import __version__
from citycam.gates.criterion import Unit
from citycam.model.documents import Document
from citycam.model.errors import EvidenceMissing
from citycam.model.verdict import Verdict

FILE = "verdict.json"


class Judged(Document):
    """One criterion and its outcome. `limit`, `measured` and `margin` are in `unit`; no limit: not applicable."""

    id: str
    title: str
    verdict: Verdict
    limit: float | None
    measured: float | None
    unit: Unit
    margin: float | None
    samples: int
    why: str
    cameras: tuple[str, ...] = ()


class Judgement(Document):
    """The verdict on one run. `started` and `finished` are ISO-8601 UTC, empty if the run has no marks."""

    schema_version: Literal[1] = 1
    verdict: Verdict
    campaign: str
    title: str
    run_id: str
    started: str
    finished: str
    producer: str = Field(default_factory=lambda: f"citycam {__version__}")
    criteria: tuple[Judged, ...]

    def save(self, folder: Path) -> Path:
        """Write `verdict.json` into a run folder, whole or not at all."""
        path = folder / FILE
        part = path.with_suffix(".part")
        part.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        os.replace(part, path)
        return path


def load_judgement(folder: Path) -> Judgement:
    """Read `verdict.json` of a run folder.

    Raises:
        EvidenceMissing: absent, or not a judgement of this schema version.
    """
    path = folder / FILE
    try:
        return Judgement.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise EvidenceMissing(
            "the run has no readable verdict", where=str(path), why=str(error), next="judge the run first"
        ) from error
