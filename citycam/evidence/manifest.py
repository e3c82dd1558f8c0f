"""The manifest: size and SHA-256 of every file of a run, so that a later change shows."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from citycam import __version__
from citycam.evidence.run import Run
from citycam.model.errors import EvidenceInvalid, EvidenceMissing

SCHEMA_VERSION = 1
LATER = frozenset({"manifest.json", "verdict.json", "report.html", "junit.xml"})
"""Made from the evidence after it is sealed, hence not in the manifest."""


def seal(run: Run) -> Path:
    """Write `manifest.json`: every file of the run but those that are made later from it."""
    files = _files(run)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # hashlib lets go of the interpreter lock
        entries = dict(zip(files, pool.map(_entry, (run.root / name for name in files)), strict=True))
    return run.write_json(
        "manifest.json", {"schema_version": SCHEMA_VERSION, "producer": f"citycam {__version__}", "files": entries}
    )


def verify(run: Run) -> int:
    """Compare the run with its manifest; returns the number of files.

    Raises:
        EvidenceMissing: there is no manifest.
        EvidenceInvalid: a file was changed, added or taken away; all of them are named.
    """
    try:
        sealed: dict[str, Any] = json.loads(run.manifest.read_text(encoding="utf-8"))["files"]
    except FileNotFoundError as error:
        raise EvidenceMissing(
            "the run is not sealed", where=str(run.manifest), why="it did not reach its end", next="run it again"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise EvidenceInvalid("cannot read the manifest", where=str(run.manifest), why=str(error)) from error
    found = set(_files(run))
    wrong = [f"{name}: is gone" for name in sorted(sealed.keys() - found)]
    wrong += [f"{name}: was added" for name in sorted(found - sealed.keys())]
    wrong += [
        f"{name}: was changed" for name in sorted(found & sealed.keys()) if _entry(run.root / name) != sealed[name]
    ]
    if wrong:
        raise EvidenceInvalid(
            f"{len(wrong)} of {len(sealed)} files are not as they were sealed",
            where=str(run.root),
            why="\n        ".join(wrong),
            next="do not trust this run",
        )
    return len(sealed)


def _files(run: Run) -> list[str]:
    names = (path.relative_to(run.root).as_posix() for path in run.root.rglob("*") if path.is_file())
    return sorted(name for name in names if name not in LATER)


def _entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
